import type {
  DescribeInstancesRequest,
  DescribeInstanceTypesRequest,
  DescribeSnapshotsRequest,
  DescribeVolumesModificationsRequest,
  DescribeVolumesRequest,
  Instance,
  InstanceTypeInfo,
  Snapshot,
  Volume,
  VolumeModification,
} from '@aws-sdk/client-ec2';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Ec2Action } from './actions.ts';
import type { Ec2Calls } from './retry.ts';
import type { Sdk } from './sdk.ts';

/**
 * Complete lists from EC2. Only this file calls a Describe action: EC2 cuts any list into pages as it likes, including short
 * and empty ones ("If the response has a NextToken, there is more, even when this page is empty").
 */
export interface Lists {
  volumes(request: DescribeVolumesRequest, signal: AbortSignal): Promise<readonly Volume[]>;
  instances(request: DescribeInstancesRequest, signal: AbortSignal): Promise<readonly Instance[]>;
  instanceTypes(
    request: DescribeInstanceTypesRequest,
    signal: AbortSignal,
  ): Promise<readonly InstanceTypeInfo[]>;
  snapshots(request: DescribeSnapshotsRequest, signal: AbortSignal): Promise<readonly Snapshot[]>;
  modifications(
    request: DescribeVolumesModificationsRequest,
    signal: AbortSignal,
  ): Promise<readonly VolumeModification[]>;
}

interface Page {
  readonly NextToken?: string | undefined;
}

/** Half a million items with full pages: a longer list counts as endless. */
const mostPages = 1000;

export function createLists(sdk: Sdk, calls: Ec2Calls): Lists {
  return {
    volumes: async (request, signal) => {
      const pages = await allPages('DescribeVolumes', request, (input) =>
        calls.send('DescribeVolumes', (options) => sdk.describeVolumes(input, options), signal),
      );
      return pages.flatMap(({ Volumes = [] }) => Volumes);
    },
    instances: async (request, signal) => {
      const pages = await allPages('DescribeInstances', request, (input) =>
        calls.send('DescribeInstances', (options) => sdk.describeInstances(input, options), signal),
      );
      return pages
        .flatMap(({ Reservations = [] }) => Reservations)
        .flatMap(({ Instances = [] }) => Instances);
    },
    instanceTypes: async (request, signal) => {
      const pages = await allPages('DescribeInstanceTypes', request, (input) =>
        calls.send('DescribeInstanceTypes', (options) => sdk.describeInstanceTypes(input, options), signal),
      );
      return pages.flatMap(({ InstanceTypes = [] }) => InstanceTypes);
    },
    snapshots: async (request, signal) => {
      const pages = await allPages('DescribeSnapshots', request, (input) =>
        calls.send('DescribeSnapshots', (options) => sdk.describeSnapshots(input, options), signal),
      );
      return pages.flatMap(({ Snapshots = [] }) => Snapshots);
    },
    modifications: async (request, signal) => {
      const pages = await allPages('DescribeVolumesModifications', request, (input) =>
        calls.send(
          'DescribeVolumesModifications',
          (options) => sdk.describeVolumesModifications(input, options),
          signal,
        ),
      );
      return pages.flatMap(({ VolumesModifications = [] }) => VolumesModifications);
    },
  };
}

/**
 * Every page up to the one without a token. An incomplete list is an error, because anything missing from it would seem absent: a
 * list that does not end, or starts over, rejects with `unavailable`.
 */
async function allPages<R extends object, P extends Page>(
  action: Ec2Action,
  request: R,
  ask: (input: R & Page) => Promise<P>,
): Promise<readonly P[]> {
  const pages: P[] = [];
  const tokens = new Set<string>();
  for (let input: R & Page = request; pages.length < mostPages; ) {
    const page = await ask(input);
    pages.push(page);
    const token = page.NextToken;
    if (!token) return pages;
    if (tokens.has(token))
      throw endless(action, `has given one page's token again after ${pages.length} pages`);
    tokens.add(token);
    input = { ...request, NextToken: token };
  }
  throw endless(action, `has not ended after ${mostPages} pages`);
}

function endless(action: Ec2Action, what: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `EC2's list (${action}) ${what}, so what exists is unknown: check the endpoint, then repeat.`,
  );
}
