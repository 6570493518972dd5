import type { ApiState } from './api-watch.ts';
import type { Ec2 } from './ec2.ts';
import { createChanges } from './ec2-changes.ts';
import { createLooks } from './ec2-looks.ts';
import { createSdk, type SdkParts } from './ec2-sdk.ts';
import { type CallParts, createCalls } from './retry.ts';
import { type Clock, systemClock } from './retry-clock.ts';
import type { Limits } from './retry-limits.ts';
import { createPace } from './retry-pace.ts';

export interface Ec2Parts extends SdkParts {
  readonly clock?: Clock;
  /** Default: somewhat below AWS's own. */
  readonly limits?: Limits;
  readonly onThrottled?: CallParts['onThrottled'];
  /** See `ApiWatch`. */
  readonly note?: (server: string, state: ApiState, detail: string) => void;
}

/** EC2 over the AWS SDK. */
export async function createEc2(parts: Ec2Parts): Promise<Ec2> {
  const { clock = systemClock, limits, note } = parts;
  const sdk = await createSdk(parts);
  const place = parts.endpoint ?? parts.region;
  const calls = createCalls({
    clock,
    pace: createPace(clock, limits),
    place,
    note: (state, detail) => note?.(place, state, detail),
    onThrottled: parts.onThrottled ?? (() => undefined),
    random: Math.random,
  });
  const looks = createLooks(sdk, calls, clock);
  return {
    ...looks,
    ...createChanges(sdk, calls, looks.volume),
    requests: () => calls.sent,
    throttled: () => calls.throttled,
  };
}
