import { createHash } from 'node:crypto';
import { Cron } from 'croner';

/** The first time of a schedule after a moment; both in milliseconds since the epoch. Infinity: never again. */
export function nextTime(schedule: string, after: number): number {
  return new Cron(schedule, { paused: true }).nextRun(new Date(after))?.getTime() ?? Number.POSITIVE_INFINITY;
}

/**
 * When the next run is due: the first time of the schedule since the last one, and so in the past if runs were missed. It is put off by
 * a part of the jitter, which is the same whenever it is asked.
 */
export function dueTime(schedule: string, jitter: number, last: number, seed: string): number {
  const next = nextTime(schedule, last);
  if (jitter === 0 || next === Number.POSITIVE_INFINITY) return next;
  const digest = createHash('sha256').update(`${seed} ${next}`).digest();
  return next + (digest.readUInt32BE() % jitter);
}

/**
 * The last time of a schedule until now, if there was one since `last`; else the next. Halves the span, because it may be decades: a host
 * without a battery for its clock begins with 1970.
 */
export function latestTime(schedule: string, last: number, now: number): number {
  let [since, until] = [last, now];
  while (until - since > 1000) {
    const middle = Math.floor((since + until) / 2);
    if (nextTime(schedule, middle) <= now) since = middle;
    else until = middle;
  }
  return nextTime(schedule, since);
}

/** Whether two runs in a row did not succeed. */
export function isLate(schedule: string, jitter: number, lastGood: number, now: number): boolean {
  return now > nextTime(schedule, nextTime(schedule, lastGood)) + jitter;
}
