import { describe, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../../src/core/names.ts';
import { isUnreadable, requireReadable, type Volume } from '../../../../src/core/volume.ts';
import { VolumeError } from '../../../../src/core/volume-error.ts';
import { type SnapshotSubject, snapshotsOf } from '../../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';
import { createFakeHost } from '../../../fakes/host/fake-host.ts';
import { interceptHost } from '../../../fakes/intercepted-host.ts';
import { isWhole } from '../../../lab/jest/whole.ts';
import {
  createFakeServers,
  type FakeServers,
  hostOf,
  nfsKind,
  shareDirectories,
  shareOnFakeHost,
} from './under-test.ts';

const day = 24 * 3_600_000;
const [db, other, copy] = ['db', 'other', 'copy'].map(parseVolumeName);
if (db === undefined || other === undefined || copy === undefined) throw new Error('no names');

/** A host of the share. Those of one test have different IDs. */
interface Station {
  readonly subject: BackendSubject;
  readonly kept: SnapshotSubject;
  /** Called before each call of the host. */
  before: () => Promise<void>;
}

let ids = 0;

async function station(servers: FakeServers, bootId: string): Promise<Station> {
  const underTest = await shareOnFakeHost(nfsKind);
  const fake = createFakeHost(Object.assign(hostOf(nfsKind, servers), { bootId }));
  await fake.files.makeDirectory('/folder/mnt');
  const newId = () => (ids++).toString(16).padStart(16, '0');
  const host = interceptHost({ ...fake, newId }, async (_, run) => {
    await made.before();
    return run();
  });
  const subject = createSubject(shareDirectories, { ...underTest, host });
  const made: Station = { subject, kept: snapshotsOf(subject), before: async () => undefined };
  return made;
}

type Act = (on: Station) => Promise<unknown>;

const named = async ({ subject: { backend, signal } }: Station): Promise<Volume | undefined> => {
  const found = db && (await backend.lookup(db, signal));
  return found && requireReadable(found);
};
const ofVolume =
  (act: (on: Station, volume: Volume) => Promise<unknown>): Act =>
  async (on) => {
    const volume = await named(on);
    return volume && act(on, volume);
  };
const snapshot = async ({ kept, subject: { signal } }: Station, volume: Volume) => {
  const found = (await kept.snapshots.list(volume, signal)).find(({ name }) => name === 'before');
  if (found === undefined || !('id' in found)) throw new VolumeError('not-found', 'it is gone');
  return found;
};
const ofRemoved =
  (
    act: (on: Station, removed: Awaited<ReturnType<BackendSubject['removed']>>[number]) => Promise<unknown>,
  ): Act =>
  async (on) => {
    const [removed] = await on.subject.removed();
    return removed && act(on, removed);
  };

const onPresent: Readonly<Record<string, Act>> = {
  remove: ofVolume(({ subject }, volume) => subject.backend.remove(volume, subject.signal)),
  mount: ofVolume(({ subject }, volume) => subject.read(volume)),
  snapshot: ofVolume(({ kept }, volume) => kept.take(volume, 'after')),
  rollback: ofVolume(async (on, volume) => {
    const keptAs = (0xf000 + ids++).toString(16).padStart(16, '0');
    return on.kept.snapshots.rollback(volume, await snapshot(on, volume), keptAs, on.subject.signal);
  }),
  clone: ofVolume(({ kept, subject: { signal } }, volume) =>
    kept.snapshots.clone(
      kept.planClone('copy', volume),
      { kind: 'volume', volume, mountpoint: undefined },
      signal,
    ),
  ),
};
const onRemoved: Readonly<Record<string, Act>> = {
  undelete: ofRemoved(({ subject: { backend, signal } }, removed) => backend.undelete(removed, signal)),
  rename: ofRemoved(async ({ subject: { backend, signal } }, removed) =>
    backend.undelete(await backend.renameRemoved(removed, other, signal), signal),
  ),
  purge: ({ subject: { backend, signal } }) => backend.purge(signal),
};

/** Does the second act before this call of the first; 0: not at all. Resolves with the number of calls. */
async function atOnce(first: Act, second: Act, at: number, prepare: Act): Promise<number> {
  const servers = createFakeServers();
  const [a, b] = [await station(servers, 'a'), await station(servers, 'b')];
  const volume = await a.subject.create('db');
  await a.subject.write(volume, 'first');
  await a.kept.take(volume, 'before');
  await a.subject.write(volume, 'second');
  await prepare(a);
  // Both know the share.
  await b.subject.names();
  b.subject.advance(offset);
  let calls = 0;
  const refused = (error: unknown) => {
    if (!(error instanceof VolumeError)) throw error;
  };
  a.before = async () => {
    calls += 1;
    if (calls === at) await second(b).catch(refused);
  };
  await first(a).catch(refused);
  a.before = async () => undefined;
  await expectWhole(a, volume, prepare === due);
  return calls;
}

let offset = 0;
const present: Act = async () => {
  offset = 0;
};
const removed: Act = async ({ subject }) => {
  offset = 0;
  const [volume] = await subject.listed();
  if (volume !== undefined) await subject.backend.remove(volume, subject.signal);
};
const due: Act = async (on) => {
  await removed(on);
  offset = day + 60_000;
  on.subject.advance(offset);
};

/** Each volume is there with its data, or in the trash with it; the one with the snapshot still has that. */
async function expectWhole(on: Station, { id }: Volume, mayBePurged: boolean): Promise<void> {
  const { subject, kept } = on;
  const { backend, signal } = subject;
  for (const [index, one] of (await subject.removed()).entries()) {
    const renamed = await backend.renameRemoved(one, parseVolumeName(`back-${index}`), signal);
    await backend.undelete(renamed, signal);
  }
  expect(await subject.removed()).toEqual([]);
  const all = await backend.list(signal);
  const texts: (string | undefined)[] = [];
  for (const each of all) {
    if (isUnreadable(each)) throw new Error(each.unreadable);
    texts.push(await subject.read(each));
    if (each.id !== id) continue;
    const plan = kept.planClone(`copy-of-${each.name}`.slice(0, 30), each);
    const clone = await kept.snapshots.clone(
      plan,
      { kind: 'snapshot', snapshot: await snapshot(on, each) },
      signal,
    );
    expect(await subject.read(clone)).toBe('first');
  }
  if (!mayBePurged || all.length > 0) expect(texts).toContain('second');
  for (const text of texts) expect(['first', 'second']).toContain(text);
}

async function everywhere(first: Act, second: Act, prepare: Act): Promise<void> {
  const calls = await atOnce(first, second, 0, prepare);
  for (let at = 1; at <= calls; at += 1) await atOnce(first, second, at, prepare);
}

/** All pairs with HOLDFAST_WHOLE=1, otherwise those that share the most steps. */
const pairs = (acts: Readonly<Record<string, Act>>, usual: readonly string[]) =>
  Object.entries(acts)
    .flatMap(([first, act]) =>
      Object.entries(acts).map(([second, meanwhile]) => [first, second, act, meanwhile] as const),
    )
    .filter(([first, second]) => isWhole || usual.includes(`${first} ${second}`));

describe('two hosts at once: no data is lost, whatever one does between any two steps of the other', () => {
  const usual = ['remove mount', 'remove snapshot', 'mount remove', 'snapshot remove', 'rollback remove'];
  test.each(pairs(onPresent, usual))('%s, and meanwhile %s', async (_, __, first, second) => {
    await everywhere(first, second, present);
  });
  test.each(pairs(onRemoved, ['rename rename']))(
    '%s in the trash, and meanwhile %s',
    async (_, __, first, second) => {
      await everywhere(first, second, removed);
    },
  );
  test.each(pairs(onRemoved, ['purge undelete', 'purge rename']))(
    '%s at the end of the retention, and meanwhile %s',
    async (_, __, first, second) => {
      await everywhere(first, second, due);
    },
  );
});
