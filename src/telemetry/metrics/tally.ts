import type { Sample } from './catalogue.ts';

/** A count for each combination of labels. Counting is cheap: text is only made for a scrape. */
export interface Tally {
  add(values: readonly string[]): void;
  samples(): readonly Sample[];
}

export function createTally(labels: readonly string[]): Tally {
  const counts = new Map<string, { readonly values: readonly string[]; count: number }>();
  return {
    add(values) {
      entryOf(counts, values, () => ({ values, count: 0 })).count += 1;
    },
    samples: () =>
      Array.from(counts.values(), ({ values, count }) => ({ labels: named(labels, values), value: count })),
  };
}

/** How long things took, in seconds, for each combination of labels. */
export interface Durations {
  observe(values: readonly string[], seconds: number): void;
  samples(): readonly Sample[];
}

/** Seconds: from an answer from memory to the deadlines of Docker's client (60 and 120 s). */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

interface Distribution {
  readonly values: readonly string[];
  readonly buckets: number[];
  sum: number;
  count: number;
}

export function createDurations(labels: readonly string[]): Durations {
  const distributions = new Map<string, Distribution>();
  return {
    observe(values, seconds) {
      const empty = () => ({ values, buckets: bounds.map(() => 0), sum: 0, count: 0 });
      const found = entryOf(distributions, values, empty);
      const bucket = bounds.findIndex((bound) => seconds <= bound);
      if (bucket >= 0) found.buckets[bucket] = (found.buckets[bucket] ?? 0) + 1;
      found.sum += seconds;
      found.count += 1;
    },
    samples: () => [...distributions.values()].flatMap((found) => expand(labels, found)),
  };
}

/** In Prometheus' form: each bucket includes the counts of the buckets before it. */
function expand(names: readonly string[], { values, buckets, sum, count }: Distribution): readonly Sample[] {
  const labels = named(names, values);
  let below = 0;
  const counted = bounds.map((bound, index): Sample => {
    below += buckets[index] ?? 0;
    return { suffix: '_bucket', labels: { ...labels, le: `${bound}` }, value: below };
  });
  return [
    ...counted,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: count },
  ];
}

function entryOf<T>(entries: Map<string, T>, values: readonly string[], make: () => T): T {
  const key = values.join('\n');
  const found = entries.get(key);
  if (found !== undefined) return found;
  const made = make();
  entries.set(key, made);
  return made;
}

function named(labels: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']));
}
