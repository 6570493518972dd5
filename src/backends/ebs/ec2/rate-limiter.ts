import type { Clock } from '../clock.ts';
import { awsLimits, type Bucket, type Limits } from './rate-limits.ts';

/**
 * Decides when the next request may be sent, so that Holdfast stays below EC2's limits. The limits apply to all hosts of an account,
 * so EC2 may throttle an action anyway: then only that action is slowed down, until EC2 accepts it again.
 */
export interface Pace {
  /** Resolves when it is this request's turn. Rejects as soon as the signal is aborted. */
  turn(action: string, signal: AbortSignal): Promise<void>;
  /** EC2 throttled a request that was sent at this time (of the clock). */
  throttled(action: string, sentAt: number): void;
  answered(action: string): void;
}

/** Milliseconds between two requests of an action that was throttled. */
const firstGap = 200;
const longestGap = 5000;
/** Below this, the slowdown has ended. */
const shortestGap = 20;
const easing = 0.9;

interface Slowness {
  gap: number;
  nextAt: number;
  raisedAt: number;
}

export function createPace(clock: Clock, limits: Limits = awsLimits): Pace {
  const slowness = new Map<string, Slowness>();
  const all = createBucket(limits.all);
  const buckets = new Map<string, (now: number) => number>();

  function takeToken(action: string, now: number): number {
    const own = buckets.get(action) ?? createBucket(limits.of(action));
    buckets.set(action, own);
    return Math.max(all(now), own(now));
  }

  function takeSlot(action: string, now: number): number {
    const slow = slowness.get(action);
    if (slow === undefined) return now;
    const at = Math.max(now, slow.nextAt);
    slow.nextAt = at + slow.gap;
    return at;
  }

  return {
    async turn(action, signal) {
      signal.throwIfAborted();
      const now = clock.now();
      const wait = Math.round(Math.max(takeToken(action, now), takeSlot(action, now)) - now);
      if (wait > 0) await clock.sleep(wait, signal);
    },
    throttled(action, sentAt) {
      const slow = slowness.get(action) ?? { gap: 0, nextAt: 0, raisedAt: Number.NEGATIVE_INFINITY };
      slowness.set(action, slow);
      // Many requests under way are refused together: that counts once.
      if (sentAt <= slow.raisedAt) return;
      slow.gap = Math.min(Math.max(slow.gap * 2, firstGap), longestGap);
      slow.raisedAt = clock.now();
      slow.nextAt = Math.max(slow.nextAt, slow.raisedAt + slow.gap);
    },
    answered(action) {
      const slow = slowness.get(action);
      if (slow === undefined) return;
      slow.gap *= easing;
      if (slow.gap < shortestGap) slowness.delete(action);
    },
  };
}

/** Takes a token and returns when it becomes available. The bucket is stored as the time at which it will be full again. */
function createBucket({ size, refill }: Bucket): (now: number) => number {
  const interval = 1000 / refill;
  let fullAt = Number.NEGATIVE_INFINITY;
  return (now) => {
    fullAt = Math.max(fullAt, now) + interval;
    return fullAt - size * interval;
  };
}
