import type { Ec2Action } from './actions.ts';

/** A token bucket. */
export interface Bucket {
  /** Capacity in requests. */
  readonly size: number;
  /** Requests regained per second. */
  readonly refill: number;
}

export interface Limits {
  /** For all requests together. */
  readonly all: Bucket;
  of(action: string): Bucket;
}

const looking: Bucket = { size: 100, refill: 20 };
const changing: Bucket = { size: 50, refill: 5 };
/** "Request throttling for the Amazon EC2 API" (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html), 2026. */
const documented: Readonly<Record<Ec2Action, Bucket>> = {
  AttachVolume: changing,
  CopySnapshot: changing,
  CreateSnapshot: { size: 100, refill: 5 },
  CreateTags: { size: 100, refill: 10 },
  CreateVolume: { size: 100, refill: 5 },
  DeleteSnapshot: { size: 100, refill: 5 },
  DeleteTags: { size: 100, refill: 10 },
  DeleteVolume: { size: 100, refill: 5 },
  DescribeInstances: looking,
  DescribeInstanceTypes: looking,
  DescribeSnapshots: looking,
  DescribeVolumes: looking,
  DescribeVolumesModifications: looking,
  DetachVolume: changing,
  ModifyVolume: changing,
};

/** Evenly sent requests do not arrive evenly, and the account has other hosts. */
const share = 0.9;

/** Somewhat below AWS's limits for an account. The limit for all requests is below AWS's for one action, because the account has other users. */
export const awsLimits: Limits = {
  all: shareOf(looking),
  of: (action) => shareOf(Object.entries(documented).find(([name]) => name === action)?.[1] ?? changing),
};

export const noLimits: Limits = {
  all: { size: Number.MAX_SAFE_INTEGER, refill: Number.MAX_SAFE_INTEGER },
  of: () => noLimits.all,
};

function shareOf({ size, refill }: Bucket): Bucket {
  return { size: Math.floor(size * share), refill: refill * share };
}
