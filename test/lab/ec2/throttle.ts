import type { Clock } from './clock.ts';

export interface ThrottleSettings {
  /** Requests per second that the account gets back. */
  readonly refill: number;
  /** How many it can save up. */
  readonly bucket: number;
}

/** "Request throttling for the Amazon EC2 API": non-mutating actions, and here all of them together. */
export const defaultThrottle: ThrottleSettings = { refill: 20, bucket: 100 };

/** A token bucket: false when the request is one too many. */
export function createThrottle(clock: Clock, { refill, bucket }: ThrottleSettings): () => boolean {
  let tokens = bucket;
  let filled = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(bucket, tokens + ((now - filled) * refill) / 1000);
    filled = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
