import { describe, expect, test } from '@jest/globals';
import { operatorId } from '../../../src/core/mount-ledger.ts';
import { parseSnapshotName } from '../../../src/core/names.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { walk } from '../../fakes/host/paths.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';

const before = parseSnapshotName('before');
const size = { size: '16MiB' };

function reflinkState(): FakeState {
  const state = createFakeState();
  state.rootFileSystem.conditions.add('reflinks');
  return state;
}

async function write(rig: Rig, name: string, text: string): Promise<void> {
  const { mountpoint } = await rig.driver.mount(volume(name), id('writer'), present);
  await rig.host.files.writeText(`${mountpoint}/file`, text, 'replace');
  await rig.driver.unmount(volume(name), id('writer'));
}

async function read(rig: Rig, name: string): Promise<string | undefined> {
  const { mountpoint } = await rig.driver.mount(volume(name), id('reader'), present);
  const text = await rig.host.files.readText(`${mountpoint}/file`);
  await rig.driver.unmount(volume(name), id('reader'));
  return text;
}

async function rigWith(options: Readonly<Record<string, string>>, state = createFakeState()): Promise<Rig> {
  const rig = await openRig({ state });
  await rig.driver.create(volume('db'), options);
  await write(rig, 'db', 'first');
  return rig;
}

describe('a snapshot', () => {
  test('of an unused volume has all its data, and is listed under its volume', async () => {
    const rig = await rigWith({});
    const made = await rig.driver.snapshot(volume('db'), before);
    expect(made).toMatchObject({ name: 'before', consistency: 'unmounted', volume: { name: 'db' } });
    const listed = [{ volume: 'db', snapshot: made }];
    expect(await rig.driver.listSnapshots(volume('db'))).toEqual(listed);
    expect(await rig.driver.listSnapshots()).toEqual(listed);
  });
  test('of a volume in use is made under a freeze where blocks are shared', async () => {
    const rig = await rigWith(size, reflinkState());
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    const made = await rig.driver.snapshot(volume('db'), before);
    expect(made.consistency).toBe('frozen');
    expect(rig.state.frozen.size).toBe(0);
    expect((await rig.driver.get(volume('db')))?.holders).toHaveLength(1);
    await rig.host.files.writeText(`${rig.mountpoint('db')}/file`, 'second', 'replace');
    await rig.driver.create(volume('copy'), { from: 'db@before' });
    expect(await read(rig, 'copy')).toBe('first');
  });
  test('of a held volume is made without a look for its users', async () => {
    const rig = await rigWith(size, reflinkState());
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.failNext('mounts.uses', new Error('looked'));
    expect(await rig.driver.snapshot(volume('db'), before)).toMatchObject({ consistency: 'frozen' });
  });
  test('of a held volume that somebody unmounted freezes nothing else, and says the way out', async () => {
    const rig = await rigWith(size, reflinkState());
    await rig.driver.mount(volume('db'), id('a'), present);
    await rig.host.mounts.unmount(rig.mountpoint('db'));
    await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /^Snapshot before of volume db could not be made: Cannot freeze .*nothing is mounted/,
      ),
    });
    await rig.driver.mount(volume('db'), id('b'), present);
    expect(await rig.driver.snapshot(volume('db'), before)).toMatchObject({ consistency: 'frozen' });
  });
  test.each([{}, size])(
    'of a volume in use that must be copied is refused, naming who uses it',
    async (options) => {
      const rig = await rigWith(options);
      await rig.driver.mount(volume('db'), id('a'), present);
      rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
      await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({
        code: 'in-use',
        message: expect.stringMatching(
          /volume db is in use by process 4711 \(postgres\).*stop it.*xfs or btrfs/,
        ),
      });
      await expect(rig.driver.create(volume('copy'), { from: 'db' })).rejects.toMatchObject({
        code: 'in-use',
      });
      expect(await rig.driver.get(volume('copy'))).toBeUndefined();
      rig.state.release(rig.mountpoint('db'));
      // It is still held: a container may be about to start.
      await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({
        code: 'in-use',
        message: expect.stringContaining('is held by a mount: unmount it'),
      });
      await rig.driver.mount(volume('db'), operatorId, present);
      await expect(rig.driver.snapshot(volume('db'), before)).rejects.toThrow(
        'is held by an operator: unmount',
      );
      await rig.driver.unmount(volume('db'), operatorId);
      await rig.driver.unmount(volume('db'), id('a'));
      await rig.driver.snapshot(volume('db'), before);
    },
  );
  test('of a directory in use is made where that is asked for, and says so', async () => {
    const rig = await rigWith({});
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({
      message: expect.stringContaining('or say that it is to be copied while it is in use'),
    });
    const intent = { verb: 'snapshot', name: volume('db'), snapshot: before, use: 'accept' } as const;
    expect((await rig.driver.foresee(intent)).steps).toEqual([
      { act: 'copy', about: '8KiB of volume db: 1 s at 100 MiB per second' },
      { act: 'snapshot', about: expect.stringContaining('its files may be of different moments') },
    ]);
    expect(await rig.driver.snapshot(volume('db'), before, 'accept')).toMatchObject({ consistency: 'live' });
    const again = await openRig({ state: rig.state, start: false });
    expect(await again.driver.listSnapshots()).toMatchObject([{ snapshot: { consistency: 'live' } }]);
    expect(rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' })).toBeUndefined();
    await rig.driver.create(volume('copy'), { from: 'db', whileInUse: 'true' });
    expect((await rig.driver.get(volume('copy')))?.volume).toMatchObject({
      given: { from: 'db', whileInUse: 'true' },
      options: { whileInUse: 'true' },
    });
    expect(await read(rig, 'copy')).toBe('first');
    // A copy of that one is a good copy.
    await rig.driver.create(volume('second'), { from: 'copy' });
    expect((await rig.driver.get(volume('second')))?.volume).toMatchObject({ options: { from: 'copy' } });
    expect((await rig.driver.get(volume('second')))?.volume).not.toMatchObject({
      options: { whileInUse: 'true' },
    });
  });
  test('of an image that has to be copied is refused while it is in use, whatever is asked for', async () => {
    const rig = await rigWith(size);
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    for (const asking of [
      rig.driver.snapshot(volume('db'), before, 'accept'),
      rig.driver.create(volume('copy'), { from: 'db', whileInUse: 'true' }),
    ])
      await expect(asking).rejects.toMatchObject({
        code: 'in-use',
        message: expect.not.stringContaining('while it is in use'),
      });
  });
  test('of a directory is made while the containers that use it are paused, and only then', async () => {
    const rig = await rigWith({});
    await rig.driver.mount(volume('db'), id('a'), present);
    const containerId = 'a'.repeat(64);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres', containerId });
    let releases = 0;
    const take = (name: string, paused: string, release = async () => undefined) =>
      rig.driver.snapshot(volume('db'), parseSnapshotName(name), 'refuse', async () => ({
        paused: new Set([paused]),
        release: () => {
          releases += 1;
          return release();
        },
      }));
    await expect(take('before', 'b'.repeat(64))).rejects.toMatchObject({ code: 'in-use' });
    expect(await take('before', containerId)).toMatchObject({ consistency: 'paused' });
    const failing = take('second', containerId, () => Promise.reject(new Error('the engine is gone')));
    await expect(failing).rejects.toThrow(/second of volume db was made, but afterwards: .*engine is gone/);
    expect(await rig.driver.listSnapshots(volume('db'))).toHaveLength(2);
    // A process that is in no container cannot be paused.
    rig.state.use(rig.mountpoint('db'), { pid: 4712, command: 'vi' });
    await expect(take('late', containerId)).rejects.toMatchObject({ code: 'in-use' });
    expect(releases).toBe(4);
  });
  test('`whileInUse` is for copies', async () => {
    const rig = await openRig({});
    await expect(rig.driver.create(volume('db'), { whileInUse: 'true' })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('name its source in from'),
    });
  });
  test('requested twice at once is made once; later, it is a conflict', async () => {
    const rig = await rigWith({});
    const [one, other] = await Promise.all([
      rig.driver.snapshot(volume('db'), before),
      rig.driver.snapshot(volume('db'), before),
    ]);
    expect(one).toEqual(other);
    await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({ code: 'conflict' });
  });
  test('of what does not exist is refused with the nearest name', async () => {
    const rig = await rigWith({});
    await rig.driver.snapshot(volume('db'), before);
    await expect(rig.driver.snapshot(volume('ghost'), before)).rejects.toMatchObject({ code: 'not-found' });
    for (const asking of [
      rig.driver.rollback(volume('db'), parseSnapshotName('befor')),
      rig.driver.removeSnapshot(volume('db'), parseSnapshotName('befor')),
      rig.driver.create(volume('copy'), { from: 'db@befor' }),
    ])
      await expect(asking).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringMatching(/no snapshot befor.*before/),
      });
  });
  test('stays on a backend without other places: a copy elsewhere names the way out', async () => {
    const rig = await rigWith({});
    await rig.driver.snapshot(volume('db'), before);
    const refused = {
      code: 'invalid',
      message: expect.stringMatching(
        /^Snapshot before of volume db could not be copied to eu-west-1: .*make a backup/,
      ),
    };
    await expect(rig.driver.copySnapshot(volume('db'), before, 'eu-west-1')).rejects.toMatchObject(refused);
    const intent = {
      verb: 'copy-snapshot',
      name: volume('db'),
      snapshot: before,
      place: 'eu-west-1',
    } as const;
    await expect(rig.driver.foresee(intent)).rejects.toMatchObject(refused);
  });
  test('that cannot be copied leaves nothing behind, and the volume unchanged', async () => {
    const rig = await rigWith({});
    rig.state.failNext('files.copy', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await rig.driver.listSnapshots()).toEqual([]);
    expect(await read(rig, 'db')).toBe('first');
    await rig.driver.snapshot(volume('db'), before);
  });
  test('without enough space is refused with figures before anything is copied', async () => {
    const rig = await rigWith({});
    await rig.host.files.writeText('/srv/volumes/db/big', 'x'.repeat(100_000), 'replace');
    rig.state.setFreeBytes('/', 50_000);
    await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/needs \d+KiB, and only 48KiB are free/),
    });
  });
  test('of an adopted directory is refused with the reason', async () => {
    const state = createFakeState();
    const rig = await openRig({ state, settings: { allowedRoots: ['/data'] } });
    await rig.host.files.makeDirectory('/data/photos');
    await rig.driver.create(volume('photos'), { path: '/data/photos' });
    await expect(rig.driver.snapshot(volume('photos'), before)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('belongs to somebody else'),
    });
  });
});

describe('what a snapshot may have left frozen', () => {
  async function frozenRig(): Promise<Rig> {
    const rig = await rigWith(size, reflinkState());
    await rig.driver.mount(volume('db'), id('a'), present);
    const { fileSystem } = walk(rig.state, rig.mountpoint('db'), 'follow').node;
    const fails = new Error('the daemon is killed here');
    rig.state.failNext('files.cloneFrozen', fails);
    rig.state.failNext('mounts.thaw', fails);
    await expect(rig.driver.snapshot(volume('db'), before)).rejects.toThrow();
    rig.state.frozen.add(fileSystem);
    return rig;
  }
  test('is thawed by the next start, before anything else', async () => {
    const killed = await frozenRig();
    const rig = await openRig({ state: killed.state, start: false });
    expect(await rig.driver.planRecovery()).toEqual([
      { action: 'thaw', volume: 'db', why: expect.any(String) },
    ]);
    await rig.driver.recover();
    expect(rig.state.frozen.size).toBe(0);
    expect(await rig.driver.planRecovery()).toEqual([]);
    await rig.host.files.writeText(`${rig.mountpoint('db')}/file`, 'second', 'replace');
    expect(await rig.driver.listSnapshots()).toEqual([]);
  });
  test('is thawed at once if only the copy failed, or came too late, and no snapshot is listed', async () => {
    const rig = await rigWith(size, reflinkState());
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.failNext('files.cloneFrozen', new VolumeError('timeout', 'It took longer. Retry.'));
    await expect(rig.driver.snapshot(volume('db'), before)).rejects.toMatchObject({
      code: 'timeout',
      message: 'Snapshot before of volume db could not be made: It took longer. Retry.',
    });
    expect(await rig.driver.planRecovery()).toEqual([]);
    expect(await rig.driver.listSnapshots()).toEqual([]);
    await rig.driver.snapshot(volume('db'), before);
  });
});

describe('a copy', () => {
  test('of a volume has its data and options, and the driver’s defaults do not count', async () => {
    const rig = await rigWith({ size: '16MiB', nosuid: 'true' });
    await rig.driver.create(volume('copy'), { from: 'db', ro: 'true' });
    const view = await rig.driver.get(volume('copy'));
    expect(view?.volume).toMatchObject({
      options: { size: '16MiB', fsType: 'ext4', nosuid: 'true', readOnly: 'true', from: 'db' },
      given: { from: 'db', readOnly: 'true' },
    });
    expect(await read(rig, 'copy')).toBe('first');
  });
  test('created again with the same options is found, even after its source is gone; other options are a conflict', async () => {
    const rig = await rigWith({});
    await rig.driver.create(volume('copy'), { from: 'db' });
    await rig.driver.remove(volume('db'));
    await rig.driver.create(volume('copy'), { from: 'db' });
    await rig.driver.create(volume('copy'), {});
    await expect(rig.driver.create(volume('copy'), { from: 'db@x' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('from is "db", not "db@x"'),
    });
  });
  test('of itself, of a missing volume, or of an invalid name is refused', async () => {
    const rig = await rigWith({});
    for (const [from, code] of [
      ['copy', 'invalid'],
      ['ghost', 'not-found'],
      ['db@', 'invalid'],
      ['db@a@b', 'invalid'],
      ['../db', 'invalid'],
    ] as const)
      await expect(rig.driver.create(volume('copy'), { from })).rejects.toMatchObject({ code });
    expect(await rig.driver.get(volume('copy'))).toBeUndefined();
  });
  test('two that wait for one another do not wait forever', async () => {
    const rig = await rigWith({});
    const made = await Promise.allSettled([
      rig.driver.create(volume('a'), { from: 'b' }),
      rig.driver.create(volume('b'), { from: 'a' }),
      rig.driver.create(volume('c'), { from: 'db' }),
    ]);
    expect(made.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});

describe('a rollback', () => {
  test('is refused while the volume is used, and says who uses it', async () => {
    const rig = await rigWith({});
    await rig.driver.snapshot(volume('db'), before);
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    await expect(rig.driver.rollback(volume('db'), before)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(/process 4711 \(postgres\).*then roll it back/),
    });
    expect(await rig.host.files.readText(`${rig.mountpoint('db')}/file`)).toBe('first');
  });
  test.each([{}, size])('restores the data of the snapshot, and keeps the previous data', async (options) => {
    const rig = await rigWith(options);
    await rig.driver.snapshot(volume('db'), before);
    await write(rig, 'db', 'second');
    const kept = await rig.driver.rollback(volume('db'), before);
    expect(await read(rig, 'db')).toBe('first');
    expect(await rig.driver.listRemoved()).toEqual([kept]);
    expect(rig.acts.map(({ act }) => act)).toContain('rollback');
    await rig.driver.remove(volume('db'));
    await rig.driver.undelete(volume('db'), kept.volume.id);
    expect(await read(rig, 'db')).toBe('second');
  });
});

describe('a larger volume', () => {
  test('has its new size at once, its data, and no additional holder', async () => {
    const rig = await rigWith(size);
    const grown = await rig.driver.grow(volume('db'), '32M');
    expect(grown.options.size).toBe('32MiB');
    expect((await rig.driver.get(volume('db')))?.volume).toEqual(grown);
    expect((await rig.driver.get(volume('db')))?.holders).toEqual([]);
    expect(await read(rig, 'db')).toBe('first');
    // Its creator repeats the call with the original size.
    await rig.driver.create(volume('db'), size);
    await rig.driver.create(volume('db'), { size: '32MiB' });
  });
  test('of xfs grows while it is used', async () => {
    const rig = await openRig();
    await rig.driver.create(volume('db'), { size: '300MiB', fsType: 'xfs' });
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    expect((await rig.driver.grow(volume('db'), '400MiB')).options.size).toBe('400MiB');
    expect((await rig.driver.get(volume('db')))?.holders).toHaveLength(1);
  });
  test('of ext4 needs the right to grow it while it is used', async () => {
    const rig = await rigWith(size);
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    await expect(rig.driver.grow(volume('db'), '32MiB')).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('then enlarge it'),
    });
    // CAP_SYS_RESOURCE is bit 24.
    await rig.host.files.makeDirectory('/proc/self');
    await rig.host.files.writeText('/proc/self/status', 'Name: node\nCapEff:\t0000000001000000\n', 'replace');
    expect((await rig.driver.grow(volume('db'), '32MiB')).options.size).toBe('32MiB');
  });
  test('without a size, or with an invalid one, is refused', async () => {
    const rig = await rigWith({});
    await expect(rig.driver.grow(volume('db'), '1GiB')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('no size of its own'),
    });
    await rig.driver.create(volume('img'), size);
    for (const wrong of ['-1', '', 'big', '8MiB', '9PiB']) {
      await expect(rig.driver.grow(volume('img'), wrong)).rejects.toMatchObject({ code: 'invalid' });
    }
    expect((await rig.driver.get(volume('img')))?.mountpoint).toBeUndefined();
  });
});

describe('a copy of a directory whose containers are prepared', () => {
  const container = 'a'.repeat(64);
  const inUse = async (): Promise<Rig> => {
    const rig = await rigWith({});
    await rig.driver.mount(volume('db'), id('a'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres', containerId: container });
    return rig;
  };
  const acts: string[] = [];
  const prepare = async (source: string) => {
    acts.push(`prepare ${source}`);
    return { paused: new Set([container]), release: async () => void acts.push('release') };
  };

  test('is made while they are paused, and releases them, also if it fails', async () => {
    const rig = await inUse();
    await expect(rig.driver.create(volume('copy'), { from: 'db' })).rejects.toMatchObject({ code: 'in-use' });
    acts.length = 0;
    await rig.driver.create(volume('copy'), { from: 'db' }, prepare);
    expect(acts).toEqual(['prepare db', 'release']);
    expect(await read(rig, 'copy')).toBe('first');
    // It exists: nothing is paused for it.
    await rig.driver.create(volume('copy'), { from: 'db' }, prepare);
    expect(acts).toEqual(['prepare db', 'release']);
    rig.state.use(rig.mountpoint('db'), { pid: 4712, command: 'vi' });
    const other = rig.driver.create(volume('other'), { from: 'db' }, prepare);
    await expect(other).rejects.toMatchObject({ code: 'in-use' });
    expect(acts.slice(2)).toEqual(['prepare db', 'release']);
    expect(await rig.driver.get(volume('other'))).toBeUndefined();
  });
  test('is foreseen with what would be done in them, and changes nothing', async () => {
    const rig = await inUse();
    const steps = ['Container web would be paused meanwhile.'];
    const foreseen = { prepare: async () => ({ steps, paused: new Set([container]) }) };
    const intent = { verb: 'create', name: volume('copy'), options: { from: 'db' }, ...foreseen } as const;
    expect((await rig.driver.foresee(intent)).steps).toMatchObject([
      { act: 'prepare', about: steps[0] },
      { act: 'copy' },
      { act: 'create' },
    ]);
    expect(await rig.driver.get(volume('copy'))).toBeUndefined();
  });
  test('is refused if there are none: of a snapshot, and without a source', async () => {
    const rig = await rigWith({});
    await rig.driver.snapshot(volume('db'), before);
    acts.length = 0;
    for (const [options, why] of [
      [{ from: 'db@before' }, 'db@before is a snapshot, which no container uses'],
      [{}, 'only for a copy of another volume'],
    ] as const) {
      const refusal = { code: 'invalid', message: expect.stringContaining(why) };
      await expect(rig.driver.create(volume('copy'), options, prepare)).rejects.toMatchObject(refusal);
      const none = async () => ({ steps: [], paused: new Set<string>() });
      const intent = { verb: 'create', name: volume('copy'), options, prepare: none } as const;
      await expect(rig.driver.foresee(intent)).rejects.toMatchObject(refusal);
    }
    expect(acts).toEqual([]);
  });
});
