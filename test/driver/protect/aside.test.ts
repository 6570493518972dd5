import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';

const size = { size: '16MiB' };
const db = volume('db');

function reflinkState(): FakeState {
  const state = createFakeState();
  state.rootFileSystem.conditions.add('reflinks');
  return state;
}

async function write(rig: Rig, text: string): Promise<void> {
  const { mountpoint } = await rig.driver.mount(db, id('writer'), present);
  await rig.host.files.writeText(`${mountpoint}/file`, text, 'replace');
  await rig.driver.unmount(db, id('writer'));
}

async function rigWith(options: Readonly<Record<string, string>>, state = createFakeState()): Promise<Rig> {
  const rig = await openRig({ state });
  await rig.driver.create(db, options);
  await write(rig, 'first');
  return rig;
}

/** Everything that exists for data mounted aside. */
async function left(rig: Rig): Promise<readonly string[]> {
  const mounted = (await rig.host.mounts.below(`${rig.base}/mnt/.aside`)).map(({ mountpoint }) => mountpoint);
  const places = (await rig.host.files.list(`${rig.base}/mnt/.aside/holdfast`)) ?? [];
  const intents = (await rig.host.files.list(`${rig.base}/state/intents`)) ?? [];
  return [...mounted, ...places, ...intents];
}

/** Begins, and stops in the middle like a killed daemon: the promise of the work never settles. */
function cut(begin: (work: (path: string) => Promise<never>) => Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    begin((path) => {
      resolve(path);
      return new Promise(() => undefined);
    }).catch(reject);
  });
}

describe('a volume that is read aside', () => {
  test('is shown through a snapshot while it is in use, and the snapshot is removed afterwards', async () => {
    const rig = await rigWith(size, reflinkState());
    const { mountpoint } = await rig.driver.mount(db, id('a'), present);
    rig.state.use(mountpoint, { pid: 4711, command: 'postgres' });
    const read = await rig.driver.readAside(db, 'refuse', async ({ path, consistency }) => {
      await rig.host.files.writeText(`${mountpoint}/file`, 'second', 'replace');
      await rig.host.files.writeText(`${dirname(path)}/beside`, "the reader's", 'replace');
      expect((await rig.driver.listSnapshots(db)).length).toBe(1);
      return { consistency, text: await rig.host.files.readText(`${path}/file`) };
    });
    expect(read).toEqual({ consistency: 'frozen', text: 'first' });
    expect(await rig.driver.listSnapshots(db)).toEqual([]);
    expect(await left(rig)).toEqual([]);
    expect((await rig.driver.get(db))?.holders).toHaveLength(1);
  });
  test('is shown itself if a snapshot would be a copy, and cannot be removed meanwhile', async () => {
    const rig = await rigWith({});
    await rig.driver.readAside(db, 'refuse', async ({ path, consistency, volume: { name } }) => {
      expect([consistency, name]).toEqual(['live', 'db']);
      expect(await rig.host.files.readText(`${path}/file`)).toBe('first');
      await expect(rig.host.files.writeText(`${path}/file`, 'no', 'replace')).rejects.toMatchObject({
        code: 'EROFS',
      });
      await expect(rig.driver.remove(db)).rejects.toMatchObject({
        code: 'in-use',
        message: expect.stringContaining('in use by a backup that reads it: wait until the backup is done'),
      });
    });
    expect(await left(rig)).toEqual([]);
    expect(rig.driver.staged()).toEqual([]);
  });
  test('while it is in use is refused without snapshots, unless that is accepted', async () => {
    const rig = await rigWith({});
    const { mountpoint } = await rig.driver.mount(db, id('a'), present);
    rig.state.use(mountpoint, { pid: 4711, command: 'postgres' });
    await expect(rig.driver.readAside(db, 'refuse', async () => 1)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(/Volume db could not be read: .* process 4711 \(postgres\)/),
    });
    expect(await rig.driver.readAside(db, 'accept', async ({ consistency }) => consistency)).toBe('live');
    expect(await left(rig)).toEqual([]);
  });
  test('that does not exist is not found, and a failed read leaves nothing', async () => {
    const rig = await rigWith(size, reflinkState());
    await expect(rig.driver.readAside(volume('ghost'), 'refuse', async () => 1)).rejects.toMatchObject({
      code: 'not-found',
    });
    const fails = rig.driver.readAside(db, 'refuse', () => Promise.reject(new Error('restic failed')));
    await expect(fails).rejects.toThrow('restic failed');
    rig.state.failNext('mounts.bind', Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(rig.driver.readAside(db, 'refuse', async () => 1)).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await left(rig)).toEqual([]);
    expect(await rig.driver.listSnapshots(db)).toEqual([]);
  });
  test.each(['fails', 'is killed'])('and %s keeps no space in the trash', async (how) => {
    const rig = await openRig();
    let place = '';
    /** What was mounted where a program was run. */
    const ran: string[] = [];
    for (const program of ['find', 'fstrim'])
      rig.state.programs.set(program, async ({ args }) => {
        const { kind } = await rig.host.mounts.at(place);
        ran.push([program, ...args, kind].join(' '));
        return { exitCode: 0, stdout: '', stderr: '' };
      });
    if (how === 'fails')
      await rig.driver
        .fill(db, size, async (path) => {
          place = path;
          throw new Error('no space left on device');
        })
        .catch(() => undefined);
    else {
      place = await cut((work) => rig.driver.fill(db, size, work));
      const next = await openRig({ state: rig.state });
      await next.driver.idle();
    }
    expect(ran).toEqual([`find ${place} -xdev -mindepth 1 -delete mounted`, `fstrim ${place} mounted`]);
    expect(await left(rig)).toHaveLength(1);
  });
  test.each(['kill', 'reboot'])('and a %s in the middle: the next start cleans up', async (how) => {
    for (const options of [size, {}]) {
      const rig = await rigWith(options, reflinkState());
      const path = await cut((work) => rig.driver.readAside(db, 'refuse', (aside) => work(aside.path)));
      await rig.host.files.writeText(`${dirname(path)}/beside`, "the reader's", 'replace');
      expect(await left(rig)).not.toEqual([]);
      if (how === 'reboot') rig.state.reboot();
      const next = await openRig({ state: rig.state });
      await next.driver.idle();
      await next.driver.measure();
      await next.driver.idle();
      expect(await left(next)).toEqual([]);
      expect(await next.driver.listSnapshots(db)).toEqual([]);
      expect(next.driver.staged()).toEqual([]);
    }
  });
});

describe('a volume that is filled', () => {
  test('is complete before anybody can mount it', async () => {
    const rig = await openRig();
    let mounting: Promise<unknown> = Promise.resolve();
    const filled = await rig.driver.fill(db, size, async (path) => {
      mounting = rig.driver.mount(db, id('a'), present);
      await rig.host.files.writeText(`${path}/file`, 'restored', 'replace');
      expect((await rig.driver.get(db))?.holders ?? []).toEqual([]);
    });
    expect(filled).toMatchObject({ name: 'db', options: { size: '16MiB' } });
    await mounting;
    expect(await rig.host.files.readText(`${rig.mountpoint('db')}/file`)).toBe('restored');
    expect(await left(rig)).toEqual([]);
  });
  test('must be new, and writable', async () => {
    const rig = await rigWith({});
    await expect(rig.driver.fill(db, {}, async () => undefined)).rejects.toMatchObject({ code: 'conflict' });
    const readOnly = rig.driver.fill(volume('new'), { readOnly: 'true' }, async () => undefined);
    await expect(readOnly).rejects.toMatchObject({ code: 'invalid' });
    expect(await rig.host.files.readText('/srv/volumes/db/file')).toBe('first');
    expect(await left(rig)).toEqual([]);
  });
  test('but fails is removed, and cannot be used from the trash', async () => {
    const rig = await openRig();
    const fails = rig.driver.fill(db, {}, async (path) => {
      await rig.host.files.writeText(`${path}/file`, 'half', 'replace');
      throw new Error('the repository is gone');
    });
    await expect(fails).rejects.toThrow('the repository is gone');
    expect(await rig.driver.get(db)).toBeUndefined();
    await rig.driver.undelete(db);
    for (const use of [
      () => rig.driver.mount(db, id('a'), present),
      () => rig.driver.create(volume('copy'), { from: 'db' }),
      () => rig.driver.readAside(db, 'accept', async () => 1),
    ])
      await expect(use()).rejects.toThrow('Volume db was not wholly restored');
  });
  test.each(['kill', 'reboot'])('and a %s in the middle: it is never mounted, and then gone', async (how) => {
    const rig = await openRig();
    const path = await cut((work) => rig.driver.fill(db, {}, work));
    await rig.host.files.writeText(`${path}/file`, 'half', 'replace');
    if (how === 'reboot') rig.state.reboot();
    const next = await openRig({ state: rig.state, start: false });
    await expect(next.driver.mount(db, id('a'), present)).rejects.toThrow('was not wholly restored');
    await next.driver.start();
    await next.driver.idle();
    await next.driver.measure();
    await next.driver.idle();
    expect(await next.driver.get(db)).toBeUndefined();
    expect(await rig.host.files.facts(dirname(path))).toBeUndefined();
  });
});

test('a half filled volume is cleared once, although two recoveries at once have planned its end', async () => {
  const rig = await openRig();
  await cut((work) => rig.driver.fill(db, size, work));
  const next = await openRig({ state: rig.state });
  await Promise.all([next.driver.recover(), next.driver.recover()]);
  expect(next.events.filter(({ event }) => event === 'recovery-failed')).toEqual([]);
  expect(await next.driver.get(db)).toBeUndefined();
  expect(next.state.mounts.filter(({ mountpoint }) => mountpoint.includes('/db'))).toEqual([]);
});

test('a restored volume is found again by the option that it was made with, and made by nothing else', async () => {
  const rig = await openRig();
  await rig.driver.fill(volume('back'), { restore: 'nas:db', uid: '7' }, async () => undefined);
  await rig.driver.create(volume('back'), { restore: 'nas:db' });
  await expect(rig.driver.create(volume('back'), { restore: 'nas:web' })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('restore is "nas:db", not "nas:web"'),
  });
  await expect(rig.driver.create(volume('empty'), { restore: 'nas:db' })).rejects.toMatchObject({
    code: 'invalid',
  });
  expect(await rig.driver.get(volume('empty'))).toBeUndefined();
});
