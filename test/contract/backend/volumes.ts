import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Current } from './contract.ts';
import { asPlanned, name } from './subject.ts';

export function describeVolumes(get: Current): void {
  test('has no volumes at first', async () => {
    expect(await get().names()).toEqual([]);
    expect(await get().backend.lookup(name('db'), get().signal)).toBeUndefined();
    expect(await get().removed()).toEqual([]);
    expect(await get().backend.purge(get().signal)).toEqual([]);
  });
  test('finds and lists what was created, with its exact options, also after a restart', async () => {
    const plan = get().plan('db');
    const created = await get().backend.create(plan, get().signal);
    expect(asPlanned(created)).toEqual(plan);
    for (const backend of [get().backend, get().reopen()]) {
      expect(await backend.lookup(name('db'), get().signal)).toEqual(created);
      expect(await backend.list(get().signal)).toEqual([created]);
    }
  });
  test('shows its volumes to other hosts, if it declares so', async () => {
    const { underTest, traits, signal } = get();
    const plan = await get().create('db');
    if (traits.capabilities.sharing === 'one-host') {
      expect(underTest.makeBackendElsewhere).toBeUndefined();
      return;
    }
    expect(await underTest.makeBackendElsewhere?.().list(signal)).toEqual([plan]);
  });
  test('reports what another host created or removed, if hosts share it', async () => {
    const { reopen, traits, signal } = get();
    const told = async (...known: string[]) => reopen().changedNames(new Set(known.map(name)), signal);
    const expected = traits.capabilities.scope === 'local' ? [] : ['db'];
    expect(await told()).toEqual([]);
    const volume = await get().create('db');
    expect(await told()).toEqual(expected);
    expect(await told('db')).toEqual([]);
    await get().backend.remove(volume, signal);
    expect(await told('db')).toEqual(expected);
    expect(await told()).toEqual([]);
    await get().backend.undelete({ volume, removedAt: new Date(0).toISOString() }, signal);
    expect(await told()).toEqual(expected);
  });
  test('diagnoses that all is well, names unreadable records, and changes nothing', async () => {
    const { signal } = get();
    const empty = await get().backend.diagnose(signal);
    expect(empty.filter(({ level }) => level === 'failure')).toEqual([]);
    expect(await get().names()).toEqual([]);
    await get().create('db');
    const before = await get().backend.list(signal);
    const findings = await get().backend.diagnose(signal);
    expect(findings.filter(({ level }) => level === 'failure')).toEqual([]);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.every(({ subject, evidence }) => subject !== '' && evidence.endsWith('.'))).toBe(true);
    expect(await get().backend.list(signal)).toEqual(before);
    expect(await get().removed()).toEqual([]);
  });
  test('diagnoses a timeout as unknown, and never rejects', async () => {
    const findings = await get().backend.diagnose(AbortSignal.abort());
    expect(findings.some(({ level }) => level === 'failure')).toBe(true);
  });
  test('creates the first volumes of an empty storage at once', async () => {
    const names = Array.from({ length: 16 }, (_, index) => `v${index}`);
    const created = await Promise.all(names.map((each) => get().create(each)));
    expect(created.map((volume) => volume.name)).toEqual(names);
    expect(await get().names()).toEqual([...names].sort());
  });
  test('creates a volume once if asked twice', async () => {
    const plan = await get().create('db');
    await get().write(plan, 'mine');
    expect(await get().backend.create(plan, get().signal)).toEqual(plan);
    expect(await get().names()).toEqual(['db']);
    expect(await get().read(plan)).toBe('mine');
  });
  test('refuses a second volume of a name, and does not touch the first one', async () => {
    const plan = await get().create('db');
    await get().write(plan, 'mine');
    const other = get().plan('db');
    await expect(get().backend.create(other, get().signal)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('db'),
    });
    await get().backend.discard(other, get().signal);
    await get().backend.discard(plan, get().signal);
    expect(await get().backend.list(get().signal)).toEqual([plan]);
    expect(await get().read(plan)).toBe('mine');
  });
  test('keeps volumes separate whose names look like files', async () => {
    const names = ['db', 'db.json', 'db.img', 'db..new', 'DB', 'd'.repeat(200), 'con', 'registry', 'data'];
    for (const one of names) {
      const volume = await get().create(one);
      if (get().traits.data === 'owned') await get().write(volume, one);
    }
    expect(await get().names()).toEqual([...names].sort());
    for (const volume of await get().listed())
      expect(await get().read(volume)).toBe(get().traits.data === 'owned' ? volume.name : undefined);
    for (const volume of await get().listed()) await get().backend.remove(volume, get().signal);
    expect(await get().names()).toEqual([]);
    expect(await get().removed()).toHaveLength(names.length);
  });
  test('can discard repeatedly, even what was never created', async () => {
    const plan = get().plan('db');
    await get().backend.discard(plan, get().signal);
    await get().backend.discard(plan, get().signal);
    expect(await get().names()).toEqual([]);
  });
  test('starts nothing once its signal is aborted', async () => {
    const { backend, signal } = get();
    const volume = await get().create('db');
    const mountpoint = await get().mountpointOf(volume);
    const gone = AbortSignal.abort();
    const plan = get().plan('other');
    const late = {
      create: backend.create(plan, gone),
      discard: backend.discard(plan, gone),
      remove: backend.remove(volume, gone),
      lookup: backend.lookup(volume.name, gone),
      list: backend.list(gone),
      stage: backend.stage(volume, mountpoint, gone),
      unstage: backend.unstage(volume, mountpoint, gone),
      listRemoved: backend.listRemoved(gone),
      undelete: backend.undelete({ volume, removedAt: volume.createdAt }, gone),
      purge: backend.purge(gone),
    };
    for (const [method, promise] of Object.entries(late)) {
      await expect([method, await promise.catch((error) => error.code)]).toEqual([method, 'timeout']);
    }
    expect(await backend.list(signal)).toEqual([volume]);
    expect(await get().underTest.host.mounts.below(join(get().underTest.folder, 'mnt'))).toEqual([]);
  });
}
