import type { Clock } from './retry-clock.ts';

/**
 * When the next request may be sent. EC2 refills an account's buckets by 5 to 20 requests a second, for all its hosts
 * (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html): we stay below that without being told, and an
 * action that EC2 refuses nevertheless is slowed down until it does so no more, the others not.
 */
export interface Pace {
  /** Resolves when it is this request's turn. Rejects as soon as the signal is aborted. */
  turn(action: string, signal: AbortSignal): Promise<void>;
  /** EC2 refused one that was sent at this time (of the clock). */
  throttled(action: string, sentAt: number): void;
  answered(action: string): void;
}

export interface PaceLimits {
  /** So many at once after a rest. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Somewhat below 20, as requests that were sent evenly do not arrive evenly. */
export const defaultLimits: PaceLimits = { burst: 15, perSecond: 18 };

/** Milliseconds between two requests of an action that was throttled. */
const firstGap = 200;
const longestGap = 5000;
/** Below this it is over. */
const shortestGap = 20;
const easing = 0.9;

interface Slowness {
  gap: number;
  nextAt: number;
  raisedAt: number;
}

export function createPace(clock: Clock, limits: PaceLimits = defaultLimits): Pace {
  const interval = 1000 / limits.perSecond;
  const slowness = new Map<string, Slowness>();
  let bucketAt = Number.NEGATIVE_INFINITY;

  /** A token bucket, kept as the time at which it will be full again. */
  function takeToken(now: number): number {
    bucketAt = Math.max(bucketAt, now) + interval;
    return bucketAt - limits.burst * interval;
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
      const wait = Math.max(takeToken(now), takeSlot(action, now)) - now;
      if (wait > 0) await clock.sleep(wait, signal);
    },
    throttled(action, sentAt) {
      const slow = slowness.get(action) ?? { gap: 0, nextAt: 0, raisedAt: Number.NEGATIVE_INFINITY };
      slowness.set(action, slow);
      // Many that were under way are refused together: that is one sign, not many.
      if (sentAt < slow.raisedAt) return;
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
