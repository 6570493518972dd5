import type { Clock } from '../cloud/clock.ts';
import type { Parameters } from './parameters.ts';

/**
 * `per-action` follows "Request throttling for the Amazon EC2 API": each action has a bucket. With `shared`, all actions use
 * the bucket of a Describe, which is stricter for many different calls and less strict for many calls of one kind.
 */
export type Throttle = 'per-action' | 'shared';

interface Bucket {
  /** Capacity in requests. */
  readonly size: number;
  /** Requests regained per second. */
  readonly refill: number;
}

const nonMutating: Bucket = { size: 100, refill: 20 };
const unfiltered: Bucket = { size: 50, refill: 10 };
const mutating: Bucket = { size: 50, refill: 5 };
const uncategorized: Readonly<Record<string, Bucket>> = {
  CreateSnapshot: { size: 100, refill: 5 },
  CreateTags: { size: 100, refill: 10 },
  CreateVolume: { size: 100, refill: 5 },
  DeleteSnapshot: { size: 100, refill: 5 },
  DeleteTags: { size: 100, refill: 10 },
  DeleteVolume: { size: 100, refill: 5 },
};
/** "When requested without specifying either pagination or a filter", they also use a second, smaller bucket. */
const largeLists = ['DescribeInstances', 'DescribeInstanceStatus', 'DescribeSnapshots', 'DescribeVolumes'];

/** False if the request exceeds the limit. */
export function createThrottle(
  clock: Clock,
  kind: Throttle,
): (action: string, parameters: Parameters) => boolean {
  const takers = new Map<string, () => boolean>();
  return (action, parameters) => {
    const whole = isWholeList(action, parameters);
    const name = kind === 'shared' ? 'all' : `${action}${whole ? ' unfiltered' : ''}`;
    const take = takers.get(name) ?? createBucket(clock, bucketOf(kind, action, whole));
    takers.set(name, take);
    return take();
  };
}

function bucketOf(kind: Throttle, action: string, whole: boolean): Bucket {
  if (kind === 'shared') return nonMutating;
  if (whole) return unfiltered;
  return action.startsWith('Describe') ? nonMutating : (uncategorized[action] ?? mutating);
}

/** IDs count as a filter here; the page does not mention them. */
function isWholeList(action: string, { entries }: Parameters): boolean {
  const narrows = /^(?:Filter|MaxResults|NextToken|VolumeId|InstanceId|SnapshotId)\b/;
  return largeLists.includes(action) && !Object.keys(entries).some((name) => narrows.test(name));
}

function createBucket(clock: Clock, { size, refill }: Bucket): () => boolean {
  let tokens = size;
  let filled = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(size, tokens + ((now - filled) * refill) / 1000);
    filled = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
