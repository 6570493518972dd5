import type { Clock } from '../clock.ts';
import type { Ec2Action } from './actions.ts';
import { readAttachLimit, readDisk, readInstance, readModification, readSnapshot } from './answers.ts';
import { type Batch, type BatchParts, createBatch } from './batch.ts';
import { isGone } from './codes.ts';
import type { AttachLimit, Disk, Ec2, Filters } from './ec2.ts';
import type { Lists } from './lists.ts';
import { isEc2Error } from './refusals.ts';

type Looks = Pick<
  Ec2,
  | 'volume'
  | 'findVolumes'
  | 'findTagged'
  | 'instance'
  | 'attachLimit'
  | 'snapshot'
  | 'findSnapshots'
  | 'modification'
>;

/** Items per page: the largest number that every version of the documentation allows. */
export const pageSize = 500;
/** IDs in one request. */
const mostIds = 500;
/** Values in all filters of one request; EC2 answers `FilterLimitExceeded` to more. */
const mostValues = 200;
/** Milliseconds that the first look waits for others to join, and between two requests. */
const pacing = { gather: 10, spacing: 100, remember: 60_000 } as const;

/** The requests that change nothing. */
export function createLooks(lists: Lists, clock: Clock): Looks {
  const describe = async (request: Parameters<Lists['volumes']>[0], signal: AbortSignal) =>
    byId((await lists.volumes(request, signal)).map(readDisk));
  const limits = new Map<string, AttachLimit | undefined>();
  const find = async (filters: Filters, signal: AbortSignal) => [
    ...(await describe({ Filters: writeFilters(filters), MaxResults: pageSize }, signal)).values(),
  ];
  return {
    volume: createBatch({
      ...pacing,
      clock,
      most: mostIds,
      fetch: (ids, signal) => describe({ VolumeIds: [...ids] }, signal),
      blame: blameFor('InvalidVolume.NotFound', 'InvalidVolumeID.Malformed'),
    }),
    findVolumes: find,
    findTagged: createTagged(clock, find),
    instance: createBatch({
      ...pacing,
      clock,
      most: mostIds,
      fetch: async (ids, signal) =>
        byId((await lists.instances({ InstanceIds: [...ids] }, signal)).map(readInstance)),
      blame: blameFor('InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed'),
    }),
    async attachLimit(type, signal) {
      if (!limits.has(type)) limits.set(type, await askLimit(lists, type, signal));
      return limits.get(type);
    },
    snapshot: (id, signal) =>
      unlessGone('DescribeSnapshots', async () => {
        const found = await lists.snapshots({ SnapshotIds: [id] }, signal);
        return found.map(readSnapshot).find((snapshot) => snapshot?.id === id);
      }),
    findSnapshots: async (filters, signal) => {
      const request = { OwnerIds: ['self'], Filters: writeFilters(filters), MaxResults: pageSize };
      return [...byId((await lists.snapshots(request, signal)).map(readSnapshot)).values()];
    },
    modification: (id, signal) =>
      unlessGone('DescribeVolumesModifications', async () => {
        const found = await lists.modifications({ VolumeIds: [id] }, signal);
        return found.map(readModification).find((modification) => modification !== undefined);
      }),
  };
}

/** Unique by ID, because pages that are read while things come and go may repeat one. */
function byId<T extends { readonly id: string }>(found: readonly (T | undefined)[]): ReadonlyMap<string, T> {
  return new Map(found.flatMap((one) => (one === undefined ? [] : [[one.id, one]])));
}

function blameFor(missing: string, malformed: string): BatchParts<unknown>['blame'] {
  return (error) => {
    if (isEc2Error(error, missing)) return 'missing';
    return isEc2Error(error, malformed, 'InvalidParameterValue') ? 'spoilt' : 'no-id';
  };
}

/** Asks for many values of one tag in one request; the tag of each result says to which caller it belongs. */
function createTagged(clock: Clock, find: Ec2['findVolumes']): Ec2['findTagged'] {
  const batches = new Map<string, Batch<readonly Disk[]>>();
  return async (filters, { key, value }, signal) => {
    const kind = JSON.stringify([key, filters]);
    const batch =
      batches.get(kind) ??
      createBatch({
        ...pacing,
        clock,
        most: mostValues - Object.values(filters).flat().length,
        blame: () => 'no-id',
        fetch: async (values, signal) => {
          const disks = await find({ ...filters, [`tag:${key}`]: values }, signal);
          return new Map(values.map((one) => [one, disks.filter(({ tags }) => tags[key] === one)]));
        },
      });
    batches.set(kind, batch);
    return (await batch(value, signal)) ?? [];
  };
}

function askLimit(lists: Lists, type: string, signal: AbortSignal): Promise<AttachLimit | undefined> {
  return unlessGone('DescribeInstanceTypes', async () => {
    const found = await lists.instanceTypes({ Filters: writeFilters({ 'instance-type': [type] }) }, signal);
    const info = found.find(({ InstanceType }) => InstanceType === type);
    return info && readAttachLimit(info);
  });
}

async function unlessGone<T>(action: Ec2Action, look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isEc2Error(error) && isGone(action, error.code)) return undefined;
    throw error;
  }
}

export function writeFilters(filters: Filters): { Name: string; Values: string[] }[] {
  return Object.entries(filters).map(([Name, values]) => ({ Name, Values: values.map(escapeFilter) }));
}

/** In a filter `*` and `?` are wildcards, unless a backslash stands before them (docs: "List and filter your resources"). */
function escapeFilter(value: string): string {
  return value.replace(/[\\*?]/g, String.raw`\$&`);
}
