import { dirname } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Backend, Snapshots } from '../../../src/backends/backend.ts';
import { parseSnapshotName, parseVolumeName } from '../../../src/core/names.ts';
import type { Snapshot } from '../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../src/core/volume.ts';
import type { FilesBelow, Host } from '../../../src/host/host.ts';
import type { BackendTraits } from '../../contract/backend/contract.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { errno } from '../../fakes/host/paths.ts';
import { directories, ext4Images, localOnFakeHost } from './under-test.ts';

const own = '/folder/volumes/.holdfast';
const registry = `${own}/registry`;

/** A host that knows which contents and names a power failure would take back. */
function losingHost(host: Host): {
  readonly host: Host;
  readonly unsynced: Set<string>;
  readonly steps: string[];
} {
  const unsynced = new Set<string>();
  const steps: string[] = [];
  /** What must be durable before a volume's record or a snapshot comes, or a volume's data goes. */
  const step = (doing: string) =>
    steps.push(`${doing}, unsynced: ${[...unsynced].sort().join(' ') || 'none'}`);
  const lose = (path: string): void => {
    for (const each of [path, dirname(path)]) unsynced.add(each);
  };
  const synced = (paths: readonly string[]): void => {
    for (const path of paths) unsynced.delete(path);
  };
  const watched = (files: FilesBelow): FilesBelow => ({
    ...files,
    async createDirectory(path, owner, names) {
      if (names === 'unsynced') lose(path);
      return files.createDirectory(path, owner, names);
    },
    async clone(from, to) {
      await files.clone(from, to);
      lose(to);
    },
    async cloneFrozen(from, to, freeze) {
      const took = await files.cloneFrozen(from, to, freeze);
      lose(to);
      return took;
    },
    async sync(paths) {
      await files.sync(paths);
      synced(paths);
    },
    async rename(from, to, names) {
      if (/~data$/.test(to)) step('a snapshot comes');
      if (dirname(from) === `${own}/images` && !from.endsWith('.new')) step('data goes');
      await files.rename(from, to, names);
      if (unsynced.delete(from)) unsynced.add(to);
      const above = [from, to].map(dirname);
      if (names === 'unsynced') for (const each of above) unsynced.add(each);
      else synced(above);
    },
    async writeText(path, text, how, order) {
      synced(order?.after ?? []);
      if (dirname(path) === registry) step('a record comes');
      const isNamed = await files.writeText(path, text, how, order);
      if (order?.names === 'unsynced') lose(path);
      return isNamed;
    },
    async moveText(from, to, text, after) {
      synced(after);
      if (dirname(from) === registry) step('a record goes');
      await files.moveText(from, to, text, after);
    },
    async removeFile(path) {
      if (dirname(path) === registry) step('a record goes');
      await files.removeFile(path);
    },
  });
  return {
    host: { ...host, files: { ...host.files, below: (root) => watched(host.files.below(root)) } },
    unsynced,
    steps,
  };
}

let subject: BackendSubject;
let backend: Backend;
let losing: ReturnType<typeof losingHost>;
let state: FakeState;

async function openOn(traits: BackendTraits): Promise<void> {
  state = createFakeState();
  state.rootFileSystem.conditions.add('reflinks');
  subject = createSubject(traits, await localOnFakeHost(state));
  losing = losingHost(subject.underTest.host);
  backend = subject.reopen({ host: losing.host });
}

describe('what a power failure takes back', () => {
  beforeEach(() => openOn(directories));

  test('a volume has its directory before it has its record', async () => {
    await subject.create('db', {}, backend);
    expect(losing.steps).toEqual(['a record comes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
  });

  test('a removed volume is in the trash before its record goes there', async () => {
    const volume = await subject.create('db', {}, backend);
    losing.steps.length = 0;
    await backend.remove(volume, subject.signal);
    expect(losing.steps).toEqual(['a record goes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
    expect(await subject.removed()).toHaveLength(1);
  });
});

describe('what a power failure takes back of copies', () => {
  let volume: Volume;
  let snapshot: Snapshot;
  beforeEach(async () => {
    await openOn(ext4Images);
    volume = await subject.create('db', {}, backend);
    const createdAt = new Date(0).toISOString();
    const name = parseSnapshotName('before');
    snapshot = { name, id: 'a'.repeat(16), volume, createdAt, consistency: 'unmounted' };
    losing.steps.length = 0;
  });

  const kept = (): Snapshots => {
    if (backend.snapshots.kind === 'none') throw new Error('no snapshots');
    return backend.snapshots;
  };

  test('a snapshot has its data and its record before its name', async () => {
    await kept().take(snapshot, undefined, subject.signal);
    expect(losing.steps).toEqual(['a snapshot comes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
  });

  test('so has one of a volume in use', async () => {
    const mountpoint = await subject.stage(volume);
    await kept().take({ ...snapshot, consistency: 'frozen' }, mountpoint, subject.signal);
    expect(losing.steps).toEqual(['a snapshot comes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
  });

  test('a clone has its data before it has its record', async () => {
    await kept().take(snapshot, undefined, subject.signal);
    losing.steps.length = 0;
    const plan = backend.plan(parseVolumeName('copy'), { from: 'db@before' }, volume.options);
    await kept().clone(plan, { kind: 'snapshot', snapshot }, subject.signal);
    expect(losing.steps).toEqual(['a record comes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
  });

  test('so has one that is made again after a call that ended before its sync', async () => {
    await kept().take(snapshot, undefined, subject.signal);
    const plan = backend.plan(parseVolumeName('copy'), { from: 'db@before' }, volume.options);
    const clone = () => kept().clone(plan, { kind: 'snapshot', snapshot }, subject.signal);
    state.failNext('files.sync', errno('EIO', '~next'), '~next');
    await expect(clone()).rejects.toMatchObject({ code: 'unavailable' });
    losing.steps.length = 0;
    await clone();
    expect(losing.steps).toEqual(['a record comes, unsynced: none']);
  });

  test("a rollback has the snapshot's data before the volume's own goes", async () => {
    await kept().take(snapshot, undefined, subject.signal);
    losing.steps.length = 0;
    await kept().rollback(volume, snapshot, 'b'.repeat(16), subject.signal);
    expect(losing.steps).toEqual(['data goes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
  });
});
