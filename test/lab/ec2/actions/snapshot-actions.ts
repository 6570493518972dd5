import { Ec2Error, incorrectState } from '../api/ec2-error.ts';
import { type Fields, parseFilters } from '../api/filters.ts';
import { page } from '../api/paging.ts';
import { type Account, isoTime, newId, ownerId } from '../cloud/account.ts';
import type { Snapshot, Volume } from '../cloud/resources.ts';
import { parseTagSpecifications, tagSet } from '../cloud/tags.ts';
import type { Action, Answer } from './action.ts';
import { findSnapshot, findVolume } from './find.ts';

/** "The point-in-time snapshot is created immediately; its status is pending until the snapshot is complete." */
export const createSnapshot: Action = {
  parameters: ['Description', 'TagSpecification', 'VolumeId'],
  run: async ({ account, parameters }) => {
    const volume = findVolume(account, parameters.required('VolumeId'));
    if (volume.status === 'creating') throw incorrectState(`${volume.id} is not 'available'.`);
    checkLimits(account, volume);
    const { gib, encrypted, kmsKeyId } = volume;
    const snapshot: Snapshot = {
      id: newId('snap'),
      volumeId: volume.id,
      ...{ gib, encrypted, kmsKeyId },
      state: 'pending',
      isCopy: false,
      description: parameters.text('Description') ?? '',
      started: account.clock.now(),
      tags: parseTagSpecifications(parameters, 'snapshot'),
    };
    await account.disks.create(snapshot.id, gib, volume.id);
    account.snapshots.put(snapshot.id, snapshot);
    account.clock.after(account.delays.snapshot, () => {
      const made = account.snapshots.get(snapshot.id);
      if (made) account.snapshots.put(made.id, { ...made, state: 'completed' });
    });
    return snapshotAnswer(snapshot, account);
  },
};

/** "A single gp2, io1, io2, or Magnetic volume can have up to five concurrent pending snapshots; st1 or sc1: one". */
function checkLimits({ snapshots, rules }: Account, { id, type }: Volume): void {
  const all = snapshots.all();
  if (all.length >= (rules.snapshotQuota ?? Number.POSITIVE_INFINITY))
    throw new Ec2Error('SnapshotLimitExceeded', 'You have reached the limit of snapshots in this region.');
  const most = type === 'st1' || type === 'sc1' ? 1 : 5;
  if (all.filter(({ volumeId, state }) => volumeId === id && state === 'pending').length < most) return;
  throw new Ec2Error(
    'ConcurrentSnapshotLimitExceeded',
    `Maximum allowed in-progress snapshots for a single volume exceeded.`,
  );
}

export const deleteSnapshot: Action = {
  parameters: ['SnapshotId'],
  run: async ({ account, parameters }) => {
    const { id } = findSnapshot(account, parameters.required('SnapshotId'));
    account.snapshots.remove(id);
    await account.disks.remove(id);
    return { return: true };
  },
};

const fields: Fields<Snapshot> = {
  description: ({ description }) => [description],
  encrypted: ({ encrypted }) => [String(encrypted)],
  'owner-id': () => [ownerId],
  'snapshot-id': ({ id }) => [id],
  'start-time': ({ started }) => [isoTime(started)],
  status: ({ state }) => [state],
  'volume-id': ({ volumeId }) => [volumeId],
  'volume-size': ({ gib }) => [String(gib)],
};

export const describeSnapshots: Action = {
  parameters: ['Filter', 'MaxResults', 'NextToken', 'Owner', 'RestorableBy', 'SnapshotId'],
  run: ({ account, parameters }) => {
    const owners = parameters.list('Owner');
    const own = owners.length === 0 || owners.includes('self') || owners.includes(ownerId);
    const found = own ? snapshotsOf(account, parameters.list('SnapshotId')) : [];
    const fits = parseFilters(parameters, fields, ({ id }) => indexedTags(account, id));
    const { items, nextToken } = page({ parameters, pages: account.pages }, found.filter(fits), {
      ids: 'SnapshotId',
      set: 'snapshotSet',
    });
    return { snapshotSet: items.map((snapshot) => snapshotAnswer(snapshot, account)), nextToken };
  },
};

function snapshotsOf(account: Account, ids: readonly string[]): readonly Snapshot[] {
  const { reads } = account.lag;
  return ids.length === 0
    ? account.snapshots.allSeen(reads)
    : ids.map((id) => findSnapshot(account, id, reads));
}

function indexedTags({ snapshots, lag }: Account, id: string) {
  return snapshots.seen(id, lag.reads + lag.tagIndex)?.tags ?? new Map<string, string>();
}

function snapshotAnswer(snapshot: Snapshot, account: Pick<Account, 'clock' | 'delays'>): Answer {
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    status: snapshot.state,
    statusMessage: snapshot.says,
    startTime: isoTime(snapshot.started),
    progress: progress(snapshot, account),
    ownerId,
    volumeSize: snapshot.gib,
    description: snapshot.description,
    encrypted: snapshot.encrypted,
    kmsKeyId: snapshot.kmsKeyId,
    tagSet: tagSet(snapshot.tags),
    storageTier: 'standard',
  };
}

/** Evenly, and empty at the very beginning, as EC2's. */
function progress(
  { state, started, isCopy }: Snapshot,
  { clock, delays }: Pick<Account, 'clock' | 'delays'>,
): string {
  if (state === 'completed') return '100%';
  const whole = isCopy ? delays.copy : delays.snapshot;
  const part = whole === 0 ? 0 : (clock.now() - started) / whole;
  return part <= 0 ? '' : `${Math.min(99, Math.floor(part * 100))}%`;
}
