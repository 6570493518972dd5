import { type Effort, measure, median, type Timing } from './measure.ts';

export interface Contender {
  readonly name: string;
  readonly effort: Effort;
  readonly act: (index: number) => Promise<unknown>;
  /** Undoes it; not counted. */
  readonly after?: () => Promise<unknown>;
}

export interface Figure {
  readonly name: string;
  /** Medians over the rounds. */
  readonly timing: Timing;
  /** The median of the rounds' ratios of p50 to the floor's p50 of the same round. */
  readonly ratio: number;
  /** Those of the rounds. */
  readonly ratios: readonly number[];
}

/**
 * Measures the floor and the contenders in turns, round after round, the floor first. The speed of a shared machine, or of
 * one that wakes its cores slowly, changes by the minute; only figures taken right after each other can be compared.
 */
export async function compare(
  rounds: number,
  floor: Contender,
  contenders: readonly Contender[],
): Promise<readonly Figure[]> {
  const all = [floor, ...contenders];
  const timings: Timing[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const row: Timing[] = [];
    for (const { effort, act, after } of all) row.push(await measure(effort, act, after));
    timings.push(row);
  }
  const ratiosOf = (index: number) =>
    timings.map((row) => (row[index]?.p50 ?? Number.NaN) / (row[0]?.p50 ?? Number.NaN));
  return all.map(({ name }, index) => ({
    name,
    timing: {
      p50: median(timings.map((row) => row[index]?.p50 ?? Number.NaN)),
      p95: median(timings.map((row) => row[index]?.p95 ?? Number.NaN)),
      p99: median(timings.map((row) => row[index]?.p99 ?? Number.NaN)),
      rate: median(timings.map((row) => row[index]?.rate ?? Number.NaN)),
    },
    ratio: median(ratiosOf(index)),
    ratios: ratiosOf(index),
  }));
}
