import type { ApiState } from './api-watch.ts';
import type { Ec2Action } from './ec2-actions.ts';
import { type Failure, readFailure } from './ec2-failure.ts';
import { answersAgain, givenUp, isPassing, stateAfter, unavailable } from './ec2-trouble.ts';
import type { Clock } from './retry-clock.ts';
import type { Pace } from './retry-pace.ts';

/** Requests to EC2, each repeated until it is answered. */
export interface Ec2Calls {
  /**
   * Sends a request, which may safely be sent twice, until EC2 answers it or the signal is aborted. Rejects with an
   * Ec2Error when EC2 refuses; with a VolumeError `timeout` when the signal was aborted, `unavailable` when EC2 cannot be
   * reached or there are no credentials.
   */
  send<T>(action: Ec2Action, once: SendOnce<T>, signal: AbortSignal): Promise<T>;
  /** How many were sent, repetitions included. */
  readonly sent: ReadonlyMap<string, number>;
  /** How many of them EC2 refused because there were too many. */
  readonly throttled: ReadonlyMap<string, number>;
}

interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/** `earlier`: how many times it was sent already, with no answer but that it is too much. */
type SendOnce<T> = (options: SendOptions, earlier: number) => Promise<T>;

export interface CallParts {
  readonly clock: Clock;
  readonly pace: Pace;
  /** Of the endpoint, for messages. */
  readonly place: string;
  /** EC2 refused an action because there were too many, so many times since the start: told at most once a minute. */
  onThrottled(action: Ec2Action, times: number): void;
  /** Is told what the requests meet. A failure that the first repetition heals is none. */
  note(state: ApiState, detail: string): void;
  /** From 0 to 1; spreads what would otherwise repeat in step. */
  random(): number;
}

/** Milliseconds before a lost request is repeated; twice as many each time. */
const firstPause = 200;
const longestPause = 5000;
/** With the pauses between them about seven seconds: a restart of the network passes, a wrong address is reported. */
const mostUnreachable = 6;
/** Milliseconds between two words about one action that is throttled. */
const throttledSilence = 60_000;

export function createCalls(parts: CallParts): Ec2Calls {
  const { clock, pace, place } = parts;
  const sent = new Map<string, number>();
  const throttled = new Map<string, number>();
  const toldAt = new Map<string, number>();

  function tell(action: Ec2Action): void {
    const now = clock.now();
    if (now - (toldAt.get(action) ?? Number.NEGATIVE_INFINITY) < throttledSilence) return;
    toldAt.set(action, now);
    parts.onThrottled(action, throttled.get(action) ?? 0);
  }

  async function attempt<T>(
    action: Ec2Action,
    once: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly value: T } | { readonly failure: Failure; readonly thrown: unknown }> {
    await pace.turn(action, signal);
    const sentAt = clock.now();
    count(sent, action);
    try {
      const value = await once();
      pace.answered(action);
      return { value };
    } catch (thrown) {
      const failure = readFailure(action, thrown);
      if (failure.kind === 'refused') pace.answered(action);
      if (failure.kind === 'throttled') {
        count(throttled, action);
        pace.throttled(action, sentAt);
        tell(action);
      }
      return { failure, thrown };
    }
  }

  function note(failure: Failure): void {
    const met = stateAfter(failure, place);
    if (met) parts.note(met.state, met.detail);
  }

  return {
    sent,
    throttled,
    async send(action, once, signal) {
      let last: Failure | undefined;
      let unreachable = 0;
      try {
        for (let earlier = 0; ; earlier++) {
          const outcome = await attempt(action, () => once({ abortSignal: signal }, earlier), signal);
          if ('value' in outcome) {
            parts.note('ok', answersAgain);
            return outcome.value;
          }
          signal.throwIfAborted();
          last = outcome.failure;
          if (earlier > 0 || !isPassing(last)) note(last);
          if (last.kind === 'refused') throw last.error;
          if (last.kind === 'unknown') throw outcome.thrown;
          if (last.kind === 'unreachable') unreachable += 1;
          if (last.kind === 'no-credentials' || unreachable >= mostUnreachable)
            throw unavailable(place, last);
          // What was throttled waits for its turn, which is later now.
          if (last.kind !== 'throttled') await clock.sleep(pauseAfter(earlier, parts.random()), signal);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
        if (last !== undefined) note(last);
        throw givenUp(place, action, last, signal);
      }
    },
  };
}

function pauseAfter(failures: number, random: number): number {
  return Math.min(firstPause * 2 ** failures, longestPause) * (0.5 + random / 2);
}

function count(counts: Map<string, number>, action: string): void {
  counts.set(action, (counts.get(action) ?? 0) + 1);
}
