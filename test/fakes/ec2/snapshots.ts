import {
  type Ec2,
  Ec2Error,
  type Filters,
  type Snapshot,
  type Tags,
} from '../../../src/backends/ebs/ec2/ec2.ts';
import { refuseAborted } from '../../../src/backends/shared/storage-errors.ts';
import type { FakeCloud, FakeSnapshot } from './cloud.ts';
import { copyDisk } from './copy.ts';

type SnapshotCalls = Pick<
  Ec2,
  'copySnapshot' | 'createSnapshot' | 'deleteSnapshot' | 'snapshot' | 'findSnapshots'
>;

/** A snapshot has what its volume had at the moment of the request, and is complete after some looks. */
export function snapshotCalls(cloud: FakeCloud): SnapshotCalls {
  const seen = (snapshot: FakeSnapshot): Snapshot => {
    if (snapshot.state === 'pending' && snapshot.looksLeft-- <= 0)
      Object.assign(snapshot, { state: 'completed', progress: 100 });
    else if (snapshot.state === 'pending') snapshot.progress = Math.min(99, snapshot.progress + 40);
    return answerOf(snapshot);
  };
  return {
    async createSnapshot(volumeId, description, tags, signal) {
      refuseAborted(signal, 'CreateSnapshot');
      const begun = [...cloud.snapshots.values()].find(
        (one) => one.volumeId === volumeId && one.state !== 'error' && hasOwn(one.tags, tags),
      );
      return begun ? seen(begun) : answerOf(create(cloud, volumeId, description, tags));
    },
    async copySnapshot({ region, snapshotId }, description, tags, signal) {
      refuseAborted(signal, 'CopySnapshot');
      const begun = [...cloud.snapshots.values()].find(
        (one) => one.state !== 'error' && hasOwn(one.tags, tags),
      );
      const source = cloud.regions.get(region)?.snapshots.get(snapshotId);
      return begun?.id ?? copy(cloud, source, description, tags).id;
    },
    async deleteSnapshot(id, signal) {
      refuseAborted(signal, 'DeleteSnapshot');
      cloud.snapshots.delete(id);
    },
    async snapshot(id, signal) {
      refuseAborted(signal, 'DescribeSnapshots');
      const found = cloud.snapshots.get(id);
      return found && seen(found);
    },
    async findSnapshots(filters, signal) {
      refuseAborted(signal, 'DescribeSnapshots');
      return [...cloud.snapshots.values()].filter((snapshot) => fits(snapshot, filters)).map(seen);
    },
  };
}

/** "Snapshots copies have an arbitrary source volume ID." */
const arbitraryVolume = 'vol-ffffffff';

function copy(
  cloud: FakeCloud,
  source: FakeSnapshot | undefined,
  description: string,
  tags: Tags,
): FakeSnapshot {
  const no = (code: string, message: string) => new Ec2Error('CopySnapshot', code, message);
  if (source === undefined) throw no('InvalidSnapshot.NotFound', 'no such snapshot');
  if (source.state !== 'completed') throw no('IncorrectState', `${source.id} is ${source.state}`);
  refuseTooMuch(description, tags, no);
  const pending = [...cloud.snapshots.values()].filter(
    ({ volumeId, state }) => volumeId === arbitraryVolume && state === 'pending',
  );
  if (pending.length >= cloud.limits.copies) throw no('ResourceLimitExceeded', 'too many copies');
  const { sizeGiB, disk } = source;
  return add(cloud, { sizeGiB, volumeId: arbitraryVolume, tags, description, disk });
}

/** "Tag your Amazon EC2 resources", restrictions. */
export function refuseTags(tags: Tags, no: (code: string, message: string) => Ec2Error): void {
  if (Object.keys(tags).length > 50) throw no('TagLimitExceeded', '50 tags');
  for (const [key, value] of Object.entries(tags))
    if (key.length > 128 || value.length > 256) throw no('InvalidParameterValue', `tag ${key}`);
}

function refuseTooMuch(description: string, tags: Tags, no: (code: string, message: string) => Ec2Error) {
  refuseTags(tags, no);
  if (description.length > 255) throw no('InvalidParameterValue', 'description');
}

function add(
  cloud: FakeCloud,
  { disk, ...made }: Pick<FakeSnapshot, 'sizeGiB' | 'volumeId' | 'tags' | 'description' | 'disk'>,
): FakeSnapshot {
  const snapshot: FakeSnapshot = {
    ...made,
    id: cloud.newId('snap'),
    state: 'pending',
    startedAt: cloud.time.now,
    progress: 0,
    says: '',
    disk: copyDisk(disk),
    looksLeft: cloud.looks,
  };
  cloud.snapshots.set(snapshot.id, snapshot);
  return snapshot;
}

function create(cloud: FakeCloud, volumeId: string, description: string, tags: Tags): FakeSnapshot {
  const no = (code: string, message: string) => new Ec2Error('CreateSnapshot', code, message);
  const volume = cloud.volumes.get(volumeId);
  if (volume === undefined) throw no('InvalidVolume.NotFound', `${volumeId} does not exist`);
  if (volume.state === 'creating') throw no('IncorrectState', `${volumeId} is creating`);
  refuseTooMuch(description, tags, no);
  if (cloud.snapshots.size >= cloud.limits.snapshots) throw no('SnapshotLimitExceeded', 'no more snapshots');
  const pending = [...cloud.snapshots.values()].filter(
    (one) => one.volumeId === volumeId && one.state === 'pending',
  );
  if (pending.length >= (['st1', 'sc1'].includes(volume.type) ? 1 : 5))
    throw no('ConcurrentSnapshotLimitExceeded', `${pending.length} are pending`);
  return add(cloud, { sizeGiB: volume.sizeGiB, volumeId, tags, description, disk: volume.disk });
}

function answerOf({ disk: _, looksLeft: _looks, ...snapshot }: FakeSnapshot): Snapshot {
  return { ...snapshot, tags: { ...snapshot.tags } };
}

function hasOwn(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => !key.startsWith('holdfast:') || tags[key] === value);
}

function fits(snapshot: FakeSnapshot, filters: Filters): boolean {
  return Object.entries(filters).every(([name, values]) =>
    valuesOf(snapshot, name).some((value) => values.includes(value)),
  );
}

function valuesOf(snapshot: FakeSnapshot, name: string): readonly string[] {
  if (name.startsWith('tag:')) return [snapshot.tags[name.slice(4)] ?? []].flat();
  if (name === 'tag-key') return Object.keys(snapshot.tags);
  if (name === 'volume-id') return [snapshot.volumeId];
  if (name === 'status') return [snapshot.state];
  throw new Error(`the fake cloud has no filter ${name} for snapshots`);
}
