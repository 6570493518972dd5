import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { CloneSource, Snapshots } from '../../../src/backends/backend.ts';
import { parseSnapshotName, parseVolumeName } from '../../../src/core/names.ts';
import type { KnownSnapshot, Snapshot } from '../../../src/core/protect/snapshot.ts';
import type { Options, Volume } from '../../../src/core/volume.ts';
import { type Around, interceptHost } from '../../fakes/intercepted-host.ts';
import type { Current } from './contract.ts';
import { copiesOf } from './copy-files.ts';
import type { BackendSubject } from './subject.ts';

const day = 24 * 3_600_000;

/** The snapshots of a backend that supports them, with the actions of the tests. */
export interface SnapshotSubject {
  readonly snapshots: Snapshots;
  snapshotOf(volume: Volume, name: string): Snapshot;
  take(volume: Volume, name: string): Promise<Snapshot>;
  /** As if their copies were complete. */
  list(volume: Volume | undefined): Promise<readonly KnownSnapshot[]>;
  names(volume: Volume): Promise<readonly string[]>;
  planClone(name: string, source: Volume, more?: Options): Volume;
}

/** The file system is full once the copy is there, and before it is durable. */
const copiesFindNoSpace: Around = async ({ name }, run) => {
  const result = await run();
  if (!/\.(copy|copyInUse|clone|cloneFrozen|snapshot)$/.test(name)) return result;
  throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
};

let ids = 0xabc0;

/** Regardless of how much of it is copied. */
function whole<S extends KnownSnapshot>(snapshot: S): S {
  const { progress: _, ...rest } = { progress: undefined, ...snapshot };
  return rest as unknown as S;
}

export function snapshotsOf(subject: BackendSubject): SnapshotSubject {
  const { backend, signal } = subject;
  const { snapshots } = backend;
  if (snapshots.kind === 'none') throw new Error('this backend has none');
  const snapshotOf = (volume: Volume, name: string): Snapshot => ({
    name: parseSnapshotName(name),
    id: (ids++).toString(16).padStart(16, '0'),
    volume,
    createdAt: new Date(subject.underTest.host.now()).toISOString(),
    consistency: 'unmounted',
  });
  return {
    snapshots,
    snapshotOf,
    take: async (volume, name) => {
      const snapshot = snapshotOf(volume, name);
      const taken = asForeseen(snapshots.foreseeTake(snapshot, undefined, signal), () =>
        snapshots.take(snapshot, undefined, signal),
      );
      return whole(await taken);
    },
    list: async (volume) => (await snapshots.list(volume, signal)).map(whole),
    names: async (volume) => (await snapshots.list(volume, signal)).map(({ name }) => name),
    planClone: (name, source, more = {}) => backend.plan(parseVolumeName(name), more, source.options),
  };
}

/** Runs `act`, which may only be refused with the foreseen error. */
async function asForeseen<T>(foreseen: Promise<unknown>, act: () => Promise<T>): Promise<T> {
  const refusal = await foreseen.then(
    () => undefined,
    (error: unknown) => error,
  );
  const work = act();
  if (refusal !== undefined) await expect(work).rejects.toEqual(refusal);
  return work;
}

export function describeSnapshots(get: Current): void {
  const subject = () => snapshotsOf(get());
  const signal = () => get().signal;
  const written = (name: string, text: string) => get().written(name, text);
  const clone = (volume: Volume, source: CloneSource) => {
    const { snapshots } = subject();
    return asForeseen(snapshots.foreseeClone(volume, source, signal()), () =>
      snapshots.clone(volume, source, signal()),
    );
  };
  const fromSnapshot = (volume: Volume, snapshot: Snapshot) => clone(volume, { kind: 'snapshot', snapshot });
  const fromVolume = (volume: Volume, source: Volume) =>
    clone(volume, { kind: 'volume', volume: source, mountpoint: undefined });
  /** Without snapshots, tests that the backend says so. */
  const testKept = (title: string, work: () => Promise<void>) =>
    test(title, async () => {
      if (get().traits.snapshots !== 'none') return work();
      const { snapshots } = get().backend;
      const manner =
        snapshots.kind === 'none' ? snapshots : await snapshots.manner(await get().create('db'), signal());
      expect(manner).toEqual({ kind: 'none', why: expect.stringMatching(/: .+\.$/) });
    });

  testKept('says how one is made, and changes nothing', async () => {
    const volume = await written('db', 'first');
    const { kind } = await subject().snapshots.manner(volume, signal());
    expect(kind).toBe(get().traits.snapshots);
    expect(await subject().names(volume)).toEqual([]);
    expect(await get().read(volume)).toBe('first');
  });
  testKept('keeps its state, whatever happens to the volume', async () => {
    const volume = await written('db', 'first');
    const snapshot = await subject().take(volume, 'before');
    await get().write(volume, 'second');
    expect(await subject().list(volume)).toEqual([snapshot]);
    const clone = await fromSnapshot(subject().planClone('copy', volume), snapshot);
    expect(await get().read(clone)).toBe('first');
    await get().write(clone, 'third');
    expect(await get().read(volume)).toBe('second');
    expect(await get().listed()).toEqual([clone, volume]);
  });
  testKept('is the same after a restart, and among those of all volumes', async () => {
    const volumes = [await written('db', 'd'), await written('web', 'w')];
    const made: Snapshot[] = [];
    for (const volume of volumes) {
      get().advance(1000);
      made.push(await subject().take(volume, 'one'));
    }
    const reopened = get().reopen();
    if (reopened.snapshots.kind === 'none') throw new Error('it has them');
    const { snapshots } = reopened;
    const listed = async (volume?: Volume) => (await snapshots.list(volume, signal())).map(whole);
    expect(await listed()).toEqual(made);
    expect(await listed(volumes[0])).toEqual([made[0]]);
  });
  testKept('is seen by the other hosts, if there are such', async () => {
    const volume = await written('db', 'first');
    const snapshot = await subject().take(volume, 'before');
    const elsewhere = get().underTest.makeBackendElsewhere?.().snapshots;
    if (elsewhere === undefined) return;
    if (elsewhere.kind === 'none') throw new Error('it has them');
    expect((await elsewhere.list(volume, signal())).map(whole)).toEqual([snapshot]);
    const clone = subject().planClone('copy', volume);
    await elsewhere.clone(clone, { kind: 'snapshot', snapshot }, signal());
    expect(await get().read(clone)).toBe('first');
    await elsewhere.remove(snapshot, signal());
    expect(await subject().names(volume)).toEqual([]);
  });
  testKept('taken twice is taken once, and another one of its name is a conflict', async () => {
    const volume = await written('db', 'first');
    const { snapshots, snapshotOf } = subject();
    const snapshot = snapshotOf(volume, 'before');
    await snapshots.take(snapshot, undefined, signal());
    await get().write(volume, 'second');
    expect(whole(await snapshots.take(snapshot, undefined, signal()))).toEqual(snapshot);
    const other = snapshots.take(snapshotOf(volume, 'before'), undefined, signal());
    await expect(other).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('db') });
    expect(await get().read(await fromSnapshot(subject().planClone('copy', volume), snapshot))).toBe('first');
  });
  testKept('can be removed repeatedly; a later one with its name stays', async () => {
    const volume = await written('db', 'first');
    const first = await subject().take(volume, 'before');
    await subject().snapshots.remove(first, signal());
    await subject().snapshots.remove(first, signal());
    expect(await subject().names(volume)).toEqual([]);
    await subject().take(volume, 'before');
    await subject().snapshots.remove(first, signal());
    expect(await subject().names(volume)).toEqual(['before']);
    expect(get().acts.filter(({ act }) => act === 'delete')).toHaveLength(1);
    expect(await get().read(volume)).toBe('first');
  });
  testKept('is mounted read-only aside, once if requested twice, and unmounted from any state', async () => {
    const volume = await written('db', 'first');
    const { snapshots } = subject();
    const snapshot = await subject().take(volume, 'before');
    await get().write(volume, 'second');
    const { files, mounts } = get().underTest.host;
    const aside = join(get().underTest.folder, 'aside');
    await files.makeDirectory(aside);
    const before = await mounts.below(get().underTest.folder);
    await snapshots.unstage(snapshot, aside, signal());
    for (const _ of ['once', 'twice']) {
      await snapshots.stage(snapshot, aside, signal());
      expect((await mounts.at(aside)).kind).toBe('mounted');
    }
    const shown = (await mounts.below(get().underTest.folder)).find(({ mountpoint }) => mountpoint === aside);
    expect(shown?.options).toContain('ro');
    expect(await files.readText(join(aside, 'file'))).toBe('first');
    for (const _ of ['once', 'twice']) await snapshots.unstage(snapshot, aside, signal());
    expect(await mounts.below(get().underTest.folder)).toEqual(before);
    expect(await get().read(volume)).toBe('second');
  });
  testKept('a volume is copied as it is, once if requested twice, and never over another', async () => {
    const volume = await written('db', 'first');
    const plan = subject().planClone('copy', volume);
    const clone = await fromVolume(plan, volume);
    expect(await fromVolume(plan, volume)).toEqual(clone);
    expect(await get().read(clone)).toBe('first');
    const other = subject().planClone('copy', volume);
    await expect(fromVolume(other, volume)).rejects.toMatchObject({ code: 'conflict' });
    await get().backend.discard(other, signal());
    expect(await get().read(clone)).toBe('first');
  });
  testKept('a copy keeps size, owner and mode of its source: other values are refused', async () => {
    const volume = await written('db', 'first');
    const { growth, ofData } = get().traits;
    const different = ofData ?? (growth === 'grows' ? { size: '999MiB' } : { uid: '77' });
    const plan = subject().planClone('copy', volume, different);
    await expect(fromVolume(plan, volume)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(Object.keys(different)[0] ?? ''),
    });
    const readOnly = await fromVolume(subject().planClone('copy', volume, { readOnly: 'true' }), volume);
    expect(readOnly.options.readOnly).toBe('true');
  });
  testKept('volume and copy are mounted side by side, each with its own data', async () => {
    const volume = await written('db', 'first');
    const clone = await fromVolume(subject().planClone('copy', volume), volume);
    const places = [await get().stage(volume), await get().stage(clone)];
    const { files } = get().underTest.host;
    await files.writeText(join(places[0] ?? '', 'file'), 'second', 'replace');
    expect(await files.readText(join(places[1] ?? '', 'file'))).toBe('first');
    for (const each of [volume, clone]) await get().unstage(each);
    expect(await get().read(clone)).toBe('first');
    expect(await get().read(volume)).toBe('second');
  });
  testKept('is made of a volume in use only if that takes a moment', async () => {
    const volume = await written('db', 'first');
    const mountpoint = await get().stage(volume);
    const { snapshots, snapshotOf } = subject();
    const live = snapshotOf(volume, 'live');
    const taken = asForeseen(snapshots.foreseeTake(live, mountpoint, signal()), () =>
      snapshots.take(live, mountpoint, signal()),
    );
    if (get().traits.snapshots === 'copy') {
      await expect(taken).rejects.toMatchObject({ code: 'in-use' });
      expect(await subject().names(volume)).toEqual([]);
    } else {
      const snapshot = await taken;
      await get().underTest.host.files.writeText(join(mountpoint, 'file'), 'second', 'replace');
      const clone = await fromSnapshot(subject().planClone('copy', volume), snapshot);
      expect(await get().read(clone)).toBe('first');
    }
    await get().unstage(volume);
  });
  testKept(
    'without space for its copy is not listed, leaves nothing, and is made once there is some',
    async () => {
      // Where the storage itself keeps the copies, they take no space of a file system.
      if (get().underTest.storage === undefined) return;
      const volume = await written('db', 'first');
      const { snapshotOf, planClone } = subject();
      const { host } = get().underTest;
      const { snapshots: full } = get().reopen({ host: interceptHost(host, copiesFindNoSpace) });
      if (full.kind === 'none') throw new Error('it has them');
      const refused = {
        code: 'unavailable',
        message: expect.stringMatching(/(db|copy) could not be .*space/),
      };
      await expect(full.take(snapshotOf(volume, 'before'), undefined, signal())).rejects.toMatchObject(
        refused,
      );
      const plan = planClone('copy', volume);
      const source = { kind: 'volume', volume, mountpoint: undefined } as const;
      await expect(full.clone(plan, source, signal())).rejects.toMatchObject(refused);
      await get().backend.discard(plan, signal());
      expect([await subject().names(volume), await get().names()]).toEqual([[], ['db']]);
      const { leftovers } = copiesOf(get().underTest);
      expect([...(await leftovers(volume)), ...(await leftovers(plan))]).toEqual([]);
      expect(await get().read(volume)).toBe('first');
      const snapshot = await subject().take(volume, 'before');
      expect(await get().read(await fromSnapshot(planClone('copy', volume), snapshot))).toBe('first');
    },
  );
  testKept('without space for its record leaves no copy, also after a second attempt', async () => {
    if (get().underTest.storage === undefined) return;
    const volume = await written('db', 'first');
    const { snapshots: full } = get().reopen({
      host: interceptHost(get().underTest.host, async ({ name, detail }, run) => {
        if (name.endsWith('.writeText') && detail.endsWith('before.json'))
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        return run();
      }),
    });
    if (full.kind === 'none') throw new Error('it has them');
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(
        full.take(subject().snapshotOf(volume, 'before'), undefined, signal()),
      ).rejects.toMatchObject({ code: 'unavailable' });
    expect(await copiesOf(get().underTest).leftovers(volume)).toEqual([]);
    await subject().take(volume, 'before');
    expect(await subject().names(volume)).toEqual(['before']);
  });
  testKept('goes to the trash with its volume, comes back with it, and is purged with it', async () => {
    const volume = await written('db', 'first');
    await subject().take(volume, 'before');
    await get().backend.remove(volume, signal());
    const later = await written('db', 'later');
    expect(await subject().names(later)).toEqual([]);
    await get().backend.remove(later, signal());
    const removed = (await get().removed()).find((one) => one.volume.id === volume.id);
    if (removed === undefined) throw new Error('it is lost');
    await get().backend.undelete(removed, signal());
    expect(await subject().names(volume)).toEqual(['before']);
    await get().backend.remove(volume, signal());
    get().advance(day + 60_000);
    await get().backend.purge(signal());
    expect(await subject().snapshots.list(undefined, signal())).toEqual([]);
  });
  testKept('with a damaged record keeps its name, and is neither used, removed nor replaced', async () => {
    const volume = await written('db', 'first');
    const snapshot = await subject().take(volume, 'before');
    const { damages, repair } = await copiesOf(get().underTest).damage(volume, 'before');
    for (const damage of damages) {
      await damage();
      expect(await subject().snapshots.list(volume, signal())).toEqual([
        { name: 'before', volumeId: volume.id, unreadable: expect.stringMatching(/before.*cannot be read/) },
      ]);
      await subject().snapshots.remove(snapshot, signal());
      await expect(subject().take(volume, 'before')).rejects.toMatchObject({ code: 'conflict' });
    }
    await get().backend.purge(signal());
    await repair();
    expect(await get().read(await fromSnapshot(subject().planClone('copy', volume), snapshot))).toBe('first');
  });
  testKept('names follow the rule of volume names, also odd ones', async () => {
    const volume = await written('db', 'first');
    for (const name of ['x', 'x.json', 'x.json.json', 'a'.repeat(200)]) await subject().take(volume, name);
    expect([...(await subject().names(volume))].sort()).toEqual([
      'a'.repeat(200),
      'x',
      'x.json',
      'x.json.json',
    ]);
  });
}
