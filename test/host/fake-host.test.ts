import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeHost, type HostUnderTest } from '../contract/host/contract.ts';
import { createFakeDisk, plugIn } from '../fakes/host/disks.ts';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { walk, writableParent } from '../fakes/host/paths.ts';
import { addLink, addOddFile } from '../fakes/host/tree.ts';
import { watchEffects } from '../fakes/watched-host.ts';

describeHost('the fake host', async (): Promise<HostUnderTest> => {
  const state = createFakeState();
  const host = createFakeHost(state);
  await host.files.makeDirectory('/folder');
  return {
    host,
    folder: '/folder',
    knowsImmutable: true,
    detaches: true,
    user: { pid: 4711, command: 'postgres' },
    link: async (target, path) => void addLink(writableParent(state, path), basename(path), target),
    putOdd: async (_, path) => void addOddFile(writableParent(state, path), basename(path)),
    useElsewhere: async (source) => {
      state.use(source, { pid: 4711, command: 'postgres' });
      return async () => state.release(source);
    },
    inheritElsewhere: async () => async () => undefined,
    loopsOf: async (image) => {
      const { node } = walk(state, image, 'follow');
      return [...state.loops.values()].filter((file) => file === node).length;
    },
    attachDisk: async (bytes) => {
      plugIn(state, createFakeDisk(bytes), { path: '/dev/nvme1n1' });
      return '/dev/nvme1n1';
    },
    cleanUp: async () => undefined,
  };
});

describe('the state of the fake host', () => {
  test('survives the daemon', async () => {
    const state = createFakeState();
    const before = createFakeHost(state);
    await before.files.makeDirectory('/a');
    await before.files.makeDirectory('/b');
    await before.mounts.bind('/a', '/b', []);
    const after = createFakeHost(state);
    expect(after.bootId).toBe(before.bootId);
    expect((await after.mounts.at('/b')).kind).toBe('mounted');
    expect(after.newId()).not.toBe(before.newId());
  });
  test('survives a reboot only in its files', async () => {
    const state = createFakeState();
    const before = createFakeHost(state);
    await before.files.makeDirectory('/a');
    await before.files.makeDirectory('/b');
    await before.mounts.bind('/a', '/b', []);
    state.use('/b', { pid: 1, command: 'sh' });
    state.reboot();
    const after = createFakeHost(state);
    expect(after.bootId).not.toBe(before.bootId);
    expect(await after.mounts.at('/b')).toEqual({ kind: 'bare' });
    expect(state.uses).toEqual([]);
  });
  test('can make a call fail once, without effect', async () => {
    const state = createFakeState();
    const { files } = createFakeHost(state);
    state.failNext('files.makeDirectory', new Error('no space'), '/b');
    await files.makeDirectory('/a');
    await expect(files.makeDirectory('/b')).rejects.toThrow('no space');
    expect(await files.facts('/b')).toBeUndefined();
    await files.makeDirectory('/b');
  });
  test('refuses to unmount a mount that a test holds open', async () => {
    const state = createFakeState();
    const { files, mounts } = createFakeHost(state);
    await files.makeDirectory('/a');
    await mounts.bind('/a', '/a', []);
    state.busy.add('/a');
    await expect(mounts.unmount('/a')).rejects.toMatchObject({ code: 'EBUSY' });
  });
});

describe('a watched host', () => {
  test('announces every effect before and after, but no read', async () => {
    const seen: string[] = [];
    const host = watchEffects(
      createFakeHost(),
      (phase, name, detail) => void seen.push(`${phase} ${name} ${detail}`),
    );
    await host.files.makeDirectory('/a');
    await host.files.list('/a');
    const log = await host.files.openLog('/a/log');
    await log.append('line');
    expect(seen).toEqual([
      'before files.makeDirectory /a',
      'after files.makeDirectory /a',
      'before files.openLog /a/log',
      'after files.openLog /a/log',
      'before log.append /a/log line',
      'after log.append /a/log line',
    ]);
  });
  test('stops forever if its hook does not return', async () => {
    const state = createFakeState();
    const host = watchEffects(createFakeHost(state), (phase) =>
      phase === 'before' ? new Promise<void>(() => undefined) : undefined,
    );
    const made = host.files.makeDirectory('/a').then(() => 'made');
    const waited = new Promise((resolve) => setTimeout(resolve, 20, 'still waiting'));
    expect(await Promise.race([made, waited])).toBe('still waiting');
    expect(await createFakeHost(state).files.facts('/a')).toBeUndefined();
  });
});
