/** Milliseconds from a failed start of a driver to the next one: twice as long each time, up to the longest. */
export interface RetryPace {
  readonly first: number;
  readonly longest: number;
}

/** A driver that could not be opened. */
export interface Failure {
  readonly error: unknown;
  readonly count: number;
  /** By the monotonic clock. */
  readonly retryAt: number;
}

export function failureAfter(before: Failure | undefined, error: unknown, pace: RetryPace): Failure {
  const count = (before?.count ?? 0) + 1;
  const pause = Math.min(pace.first * 2 ** (count - 1), pace.longest);
  return { error, count, retryAt: performance.now() + pause };
}

/** Milliseconds. */
export function untilRetry({ retryAt }: Failure): number {
  return Math.max(0, retryAt - performance.now());
}

export function isSameReason(one: Failure | undefined, error: unknown): boolean {
  return textOf(one?.error) === textOf(error);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
