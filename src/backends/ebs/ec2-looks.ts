import type { DescribeVolumesRequest } from '@aws-sdk/client-ec2';
import { type Batch, type BatchParts, createBatch } from './batch.ts';
import type { AttachLimit, Disk, Ec2, Filters, Instance } from './ec2.ts';
import type { Ec2Action } from './ec2-actions.ts';
import { readAttachLimit, readDisk, readInstance, readSnapshot } from './ec2-answers.ts';
import { isGone } from './ec2-codes.ts';
import { isEc2Error } from './ec2-explain.ts';
import type { Sdk } from './ec2-sdk.ts';
import type { Ec2Calls } from './retry.ts';
import type { Clock } from './retry-clock.ts';

type Looks = Pick<Ec2, 'volume' | 'findVolumes' | 'findTagged' | 'instance' | 'attachLimit' | 'snapshot'>;

/** How many items a page may have: the largest number that every version of the documentation allows. */
export const pageSize = 500;
/** IDs in one request. */
const mostIds = 500;
/** Values of one filter ("You can specify up to 200 values in a single request"). */
const mostValues = 200;
/** Milliseconds: the first look waits that long for others, the next ones for their turn. */
const pacing = { gather: 10, spacing: 100, remember: 60_000 } as const;

/** The requests that change nothing. */
export function createLooks(sdk: Sdk, calls: Ec2Calls, clock: Clock): Looks {
  const describe = (request: DescribeVolumesRequest, signal: AbortSignal) =>
    describeVolumes(sdk, calls, request, signal);
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
      fetch: (ids, signal) => describeInstances(sdk, calls, ids, signal),
      blame: blameFor('InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed'),
    }),
    async attachLimit(type, signal) {
      if (!limits.has(type)) limits.set(type, await askLimit(sdk, calls, type, signal));
      return limits.get(type);
    },
    snapshot: (id, signal) =>
      unlessGone('DescribeSnapshots', async () => {
        const found = await calls.send(
          'DescribeSnapshots',
          (options) => sdk.describeSnapshots({ SnapshotIds: [id] }, options),
          signal,
        );
        return (found.Snapshots ?? []).map(readSnapshot).find((snapshot) => snapshot?.id === id);
      }),
  };
}

/** All pages; by ID, as pages that are read while volumes come and go may repeat one. */
async function describeVolumes(
  sdk: Sdk,
  calls: Ec2Calls,
  request: DescribeVolumesRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Disk>> {
  const disks = new Map<string, Disk>();
  let token: string | undefined;
  do {
    const input = token === undefined ? request : { ...request, NextToken: token };
    const page = await calls.send(
      'DescribeVolumes',
      (options) => sdk.describeVolumes(input, options),
      signal,
    );
    for (const disk of (page.Volumes ?? []).map(readDisk)) if (disk) disks.set(disk.id, disk);
    token = page.NextToken;
  } while (token);
  return disks;
}

async function describeInstances(
  sdk: Sdk,
  calls: Ec2Calls,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Instance>> {
  const found = await calls.send(
    'DescribeInstances',
    (options) => sdk.describeInstances({ InstanceIds: [...ids] }, options),
    signal,
  );
  const instances = (found.Reservations ?? []).flatMap(({ Instances = [] }) => Instances).map(readInstance);
  return new Map(instances.flatMap((instance) => (instance ? [[instance.id, instance]] : [])));
}

function blameFor(missing: string, malformed: string): BatchParts<unknown>['blame'] {
  return (error) => {
    if (isEc2Error(error, missing)) return 'missing';
    return isEc2Error(error, malformed, 'InvalidParameterValue') ? 'spoilt' : 'no-id';
  };
}

/** Many values of one tag in one request; the tag of each that is found says whose it is. */
function createTagged(clock: Clock, find: Ec2['findVolumes']): Ec2['findTagged'] {
  const batches = new Map<string, Batch<readonly Disk[]>>();
  return async (filters, { key, value }, signal) => {
    const kind = JSON.stringify([key, filters]);
    const batch =
      batches.get(kind) ??
      createBatch({
        ...pacing,
        clock,
        most: mostValues,
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

function askLimit(
  sdk: Sdk,
  calls: Ec2Calls,
  type: string,
  signal: AbortSignal,
): Promise<AttachLimit | undefined> {
  return unlessGone('DescribeInstanceTypes', async () => {
    const filters = writeFilters({ 'instance-type': [type] });
    const found = await calls.send(
      'DescribeInstanceTypes',
      (options) => sdk.describeInstanceTypes({ Filters: filters }, options),
      signal,
    );
    const info = (found.InstanceTypes ?? []).find(({ InstanceType }) => InstanceType === type);
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
