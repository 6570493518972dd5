import type { Sample } from '../metrics/catalogue.ts';

/** The number of calls up to each bound in seconds, by verb. Each bound includes the lower ones; the last one is infinite. */
export type CallCounts = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Calls of one verb within a step. */
export interface Latency {
  readonly count: number;
  /** Milliseconds; absent without a call. */
  readonly p50?: number;
  readonly p95?: number;
}

/** Counts from the samples of the histogram of calls, over all drivers and outcomes. */
export function callCounts(samples: readonly Sample[]): CallCounts {
  const verbs = new Map<string, Map<number, number>>();
  for (const { suffix, labels, value } of samples) {
    const { verb = '', le } = labels;
    if (suffix !== '_bucket' || le === undefined) continue;
    const counts = verbs.get(verb) ?? new Map<number, number>();
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    verbs.set(verb, counts.set(bound, (counts.get(bound) ?? 0) + value));
  }
  return verbs;
}

/** The difference of two counts. */
export function latencyBetween(before: CallCounts, after: CallCounts, verb: string): Latency {
  const earlier = before.get(verb);
  const counted = Array.from(after.get(verb) ?? [], ([bound, count]): readonly [number, number] => [
    bound,
    count - (earlier?.get(bound) ?? 0),
  ]);
  const count = counted.at(-1)?.[1] ?? 0;
  if (count <= 0) return { count: 0 };
  return { count, p50: quantile(counted, 0.5) * 1000, p95: quantile(counted, 0.95) * 1000 };
}

/**
 * Seconds, like histogram_quantile() of Prometheus: the calls in a bucket count as evenly spread. For calls beyond the last
 * finite bound, the result is that bound.
 */
function quantile(counted: readonly (readonly [number, number])[], part: number): number {
  const wanted = part * (counted.at(-1)?.[1] ?? 0);
  let [lower, below] = [0, 0];
  for (const [bound, count] of counted) {
    if (bound === Number.POSITIVE_INFINITY) break;
    if (count >= wanted) return lower + ((bound - lower) * (wanted - below)) / (count - below);
    [lower, below] = [bound, count];
  }
  return lower;
}
