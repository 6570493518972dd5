import { type Clock, systemClock } from '../clock.ts';
import type { ApiState } from './api-watch.ts';
import { createChanges } from './commands.ts';
import { createDryRuns } from './dry-runs.ts';
import type { Ec2 } from './ec2.ts';
import { createLists } from './lists.ts';
import { createLooks } from './queries.ts';
import { createPace } from './rate-limiter.ts';
import type { Limits } from './rate-limits.ts';
import { type CallParts, createCalls } from './retry.ts';
import { createSdk, type SdkParts } from './sdk.ts';

export interface Ec2Parts extends SdkParts {
  readonly clock?: Clock;
  /** Default: somewhat below AWS's own. */
  readonly limits?: Limits;
  readonly onThrottled?: CallParts['onThrottled'];
  readonly onAnswer?: CallParts['onAnswer'];
  /** See `ApiWatch`. */
  readonly note?: (server: string, state: ApiState, detail: string) => void;
}

/** EC2 over the AWS SDK. */
export async function createEc2(parts: Ec2Parts): Promise<Ec2> {
  const { clock = systemClock, limits, note } = parts;
  const { sdk, clock: clockOfEc2 } = await createSdk(parts);
  const place = parts.endpoint ?? parts.region;
  const calls = createCalls({
    clock,
    pace: createPace(clock, limits),
    place,
    note: (state, detail) => note?.(place, state, detail),
    onThrottled: parts.onThrottled ?? (() => undefined),
    onAnswer: parts.onAnswer ?? (() => undefined),
    random: Math.random,
  });
  const lists = createLists(sdk, calls);
  const looks = createLooks(lists, clock);
  return {
    ...looks,
    ...createChanges({ sdk, calls, lists, volume: looks.volume, modification: looks.modification }),
    mayDo: createDryRuns(sdk, calls, parts.region),
    clock: () => clockOfEc2.last(),
    requests: () => calls.sent,
    throttled: () => calls.throttled,
  };
}
