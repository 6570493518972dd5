import { writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { usualPatience } from '../../src/dvdcli/driver-client.ts';
import type { Ended } from '../../src/dvdcli/run.ts';
import { driver, type FakeDaemon, openFakeDaemon } from '../dvdcli/fake-daemon.ts';
import { openOtherPlugin } from '../dvdcli/other-plugin.ts';
import { useBench } from '../dvdcli/run-here.ts';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import type { RigParts } from '../fakes/rig.ts';

/** How a Mesos agent with the `docker/volume` isolator acts in each situation. */
const bench = useBench();
const task = { pid: 4711, command: 'mesos-executor' };
const done: Ended = { code: 0, out: '', err: '' };

async function open(parts: RigParts = {}): Promise<FakeDaemon> {
  return bench().closing(await openFakeDaemon(bench().folder, ['db', 'logs'], parts));
}

const words = (verb: string, name = 'db') => [verb, driver, `--volumename=${name}`];
const mount = (name?: string) => bench().run(words('mount', name));
const unmount = (name?: string) => bench().run(words('unmount', name));
const mounted = (name = 'db'): Ended => ({ ...done, out: `${bench().folder}/mnt/holdfast/${name}\n` });

/** A host whose bind mounts wait until the test releases them. */
function slowHost() {
  const state = createFakeState();
  let reached: () => void = () => undefined;
  let release: () => void = () => undefined;
  const binding = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const host = interceptHost(createFakeHost(state), async (call, run) => {
    if (call.name === 'mounts.bind') {
      reached();
      await gate;
    }
    return run();
  });
  return { state, host, binding, release: () => release() };
}

describe('an agent that', () => {
  test('has two tasks with one volume mounts twice and unmounts once, after the last', async () => {
    const { isMounted, holders } = await open();
    expect(await mount()).toEqual(mounted());
    expect(await mount()).toEqual(mounted());
    expect(await holders('db')).toEqual(['no-id']);
    expect(await unmount()).toEqual(done);
    expect(await isMounted('db')).toBe(false);
  });

  test('gets exit code 1 from a mount shows its single line, and unmounts anyway', async () => {
    const { rig, isMounted } = await open();
    rig.state.failNext('mounts.bind', Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    expect(await mount()).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^dvdcli: Volume db[^\n]+EIO[^\n]+\n$/),
    });
    expect(await unmount()).toEqual(done);
    expect(await isMounted('db')).toBe(false);
  });

  test('mounts two volumes at once, one of which fails, unmounts both', async () => {
    const { isMounted } = await open();
    const both = await Promise.all([mount('db'), mount('../logs')]);
    expect(both.map(({ code }) => code)).toEqual([0, 1]);
    expect(await Promise.all([unmount('db'), unmount('../logs')])).toEqual([done, done]);
    expect(await isMounted('db')).toBe(false);
  });

  test('gets exit code 1 from an unmount, because no daemon answers, repeats it at its next start', async () => {
    const first = await openFakeDaemon(bench().folder, ['db']);
    const { state } = first.rig;
    await mount();
    await first.close();
    const place = `${bench().folder}/mnt/holdfast/db`;
    writeFileSync(bench().places.mountTable, `31 29 8:1 /x ${place} rw - ext4 /dev/sda1 rw\n`);
    expect(await unmount()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^dvdcli: Driver holdfast[^\n]+\n$/),
    });
    const { isMounted } = await open({ state, host: createFakeHost(state) });
    expect(await unmount()).toEqual(done);
    expect(await isMounted('db')).toBe(false);
  });

  test('has a task with a missing driver unmounts once, successfully and without delay', async () => {
    const { run } = bench();
    const mistyped = ['--volumedriver=holdfsat', '--volumename=db'];
    await open();
    expect(await run(['mount', ...mistyped])).toMatchObject({
      code: 1,
      err: expect.stringContaining('did you mean holdfast?'),
    });
    expect(await run(['unmount', ...mistyped], { absent: 60_000 })).toEqual(done);
  });

  test('waits for a hanging mount gets an error before its 120 s are over; the next mount waits for the same work', async () => {
    expect(usualPatience.all + 2_000).toBeLessThan(120_000);
    expect(usualPatience.absent).toBeLessThan(usualPatience.all);
    const { state, host, binding, release } = slowHost();
    const { isMounted } = await open({ state, host });
    const hanging = bench().run(words('mount'), { all: 500 });
    await binding;
    expect(await hanging).toMatchObject({
      code: 1,
      err: expect.stringContaining('the same command again joins it'),
    });
    const second = bench().run(words('mount'), { all: 110_000 });
    release();
    expect(await second).toEqual(mounted());
    expect(state.mounts.filter(({ mountpoint }) => mountpoint.endsWith('/db'))).toHaveLength(1);
    await unmount();
    expect(await isMounted('db')).toBe(false);
  });

  test.each([
    ['an empty line', ''],
    ['two lines', '/tmp\n/tmp'],
    ["a path that doesn't exist", '/nonexistent/db'],
  ])('would fail the task for %s gets the reason', async (_, Mountpoint) => {
    const { folder, closing } = bench();
    const answer = { Volume: { Name: 'db' }, Mountpoint };
    closing(
      await openOtherPlugin(`${folder}/plugins/holdfast.sock`, (method) =>
        method === 'Get' ? { Volume: { Name: 'db' } } : answer,
      ),
    );
    expect(await mount()).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/mountpoint.*daemon is at fault\.\n$/),
    });
  });

  test('names no driver would refuse before any call; dvdcli does the same', async () => {
    const { calls } = await open();
    expect(await bench().run(['mount', '--volumename=db'])).toMatchObject({ code: 1 });
    expect(calls()).toEqual([]);
  });

  test('is killed while a checkpointed task continues makes no call, and unmounts once at its end', async () => {
    const { rig, isMounted } = await open();
    await mount();
    rig.state.use(rig.mountpoint('db'), task);
    rig.state.clock.now += 86_400_000;
    await rig.driver.reap();
    expect(await isMounted('db')).toBe(true);
    rig.state.release(rig.mountpoint('db'));
    expect(await unmount()).toEqual(done);
    expect(await isMounted('db')).toBe(false);
  });

  test('is killed while Holdfast restarts keeps the volume of a checkpointed task', async () => {
    const first = await openFakeDaemon(bench().folder, ['db']);
    const { state } = first.rig;
    await mount();
    state.use(first.rig.mountpoint('db'), task);
    await first.close();
    const { isMounted, holders } = await open({ state, host: createFakeHost(state) });
    expect(await isMounted('db')).toBe(true);
    expect(await holders('db')).toEqual(['no-id']);
    state.release(first.rig.mountpoint('db'));
    await unmount();
    expect(await isMounted('db')).toBe(false);
  });

  test('starts after a task that was not checkpointed, or ended meanwhile, unmounts; and may again', async () => {
    const { isMounted } = await open();
    await mount();
    for (const _ of ['restart', 'restart']) expect(await unmount()).toEqual(done);
    expect(await isMounted('db')).toBe(false);
  });

  test('was killed in the middle of a mount unmounts while the Mount still runs: it ends unmounted', async () => {
    const { state, host, binding, release } = slowHost();
    const { calls, isMounted, holders } = await open({ state, host });
    // One caller is gone, and another still waits for its Mount. The Unmount arrives before either Mount is done.
    const dead = bench().run(words('mount'), { all: 300 });
    await binding;
    await dead;
    const living = bench().run(words('mount'), { all: 110_000 });
    while (calls().filter((call) => call === 'Get db').length < 1) await new Promise((r) => setTimeout(r, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const unmounting = bench().run(words('unmount'), { quick: 110_000, all: 110_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    expect(await unmounting).toEqual(done);
    await living;
    expect(await holders('db')).toEqual([]);
    expect(await isMounted('db')).toBe(false);
  });

  test('starts after a reboot with the checkpoint kept unmounts each volume that was in use', async () => {
    const first = await openFakeDaemon(bench().folder, ['db', 'logs']);
    const { state } = first.rig;
    for (const name of ['db', 'logs']) await mount(name);
    await first.close();
    state.reboot();
    const { isMounted } = await open({ state, host: createFakeHost(state) });
    for (const name of ['db', 'logs', 'gone-since']) expect(await unmount(name)).toEqual(done);
    expect(await isMounted('db')).toBe(false);
    expect(await mount()).toEqual(mounted());
  });
});
