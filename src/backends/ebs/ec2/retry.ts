import type { Clock } from '../clock.ts';
import type { Ec2Action } from './actions.ts';
import type { ApiState } from './api-watch.ts';
import { Ec2Error } from './ec2.ts';
import { type Failure, readFailure } from './failure.ts';
import type { Pace } from './rate-limiter.ts';
import { answersAgain, givenUp, isPassing, stateAfter, unavailable } from './trouble.ts';

/** Sends requests to EC2, each repeated until it is answered. */
export interface Ec2Calls {
  /**
   * Sends a request that may safely be sent twice, until EC2 answers it or the signal is aborted. Rejects with an Ec2Error if EC2
   * refuses; with a VolumeError `timeout` if the signal was aborted, `unavailable` if EC2 cannot be reached or there are no
   * credentials.
   */
  send<T>(action: Ec2Action, once: SendOnce<T>, signal: AbortSignal): Promise<T>;
  /** How many requests were sent, repetitions included. */
  readonly sent: ReadonlyMap<string, number>;
  /** How many of them EC2 throttled. */
  readonly throttled: ReadonlyMap<string, number>;
}

export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/** `earlier`: how many times it was already sent without an answer, or throttled. */
type SendOnce<T> = (options: SendOptions, earlier: number) => Promise<T>;

export interface CallParts {
  readonly clock: Clock;
  readonly pace: Pace;
  /** The endpoint's address, for messages. */
  readonly place: string;
  /** EC2 throttled an action, so many times since the start; called at most once a minute. */
  onThrottled(action: Ec2Action, times: number): void;
  /** Called when a request that was sent has ended, after so many milliseconds. */
  onAnswer(action: Ec2Action, outcome: 'ok' | Failure['kind'], ms: number): void;
  /** Is told the outcome of requests. A failure that the first repetition cures is not reported. */
  note(state: ApiState, detail: string): void;
  /** From 0 to 1; spreads repetitions that would otherwise be in step. */
  random(): number;
}

/** Milliseconds before a lost request is repeated; doubled each time. */
const firstPause = 200;
const longestPause = 5000;
/** About seven seconds with the pauses between them: enough for a restart of the network, and a wrong address is reported. */
const mostUnreachable = 6;
/** Milliseconds between two reports that one action is throttled. */
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
      parts.onAnswer(action, 'ok', clock.now() - sentAt);
      return { value };
    } catch (thrown) {
      const failure = readFailure(action, thrown);
      parts.onAnswer(action, failure.kind, clock.now() - sentAt);
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
      let isLost = false;
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
          if (last.kind === 'refused') throw isLost ? afterLoss(last.error) : last.error;
          isLost ||= last.kind === 'lost';
          if (last.kind === 'unknown') throw outcome.thrown;
          if (last.kind === 'unreachable') unreachable += 1;
          if (last.kind === 'no-credentials' || unreachable >= mostUnreachable)
            throw unavailable(place, last);
          // A throttled request waits for its turn, which now comes later.
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

function afterLoss({ action, code, message, cause }: Ec2Error): Ec2Error {
  return new Ec2Error(action, code, message, { cause, mayBeDone: true });
}

function pauseAfter(failures: number, random: number): number {
  return Math.min(firstPause * 2 ** failures, longestPause) * (0.5 + random / 2);
}

function count(counts: Map<string, number>, action: string): void {
  counts.set(action, (counts.get(action) ?? 0) + 1);
}
