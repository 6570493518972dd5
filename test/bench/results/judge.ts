import { median } from '../measure.ts';
import type { Results, Row } from './results.ts';

export interface Judged {
  readonly table: string;
  readonly name: string;
  /** Medians of the rounds' ratios to the floor. */
  readonly before: number;
  readonly after: number;
  readonly verdict: 'faster' | 'slower' | 'within noise';
}

/**
 * Compares what both runs measured. Times of two runs say nothing, because the machine differs; the ratios to the floor of the same
 * round do. A change counts if the intervals in which the two medians lie do not overlap.
 */
export function judge(before: Results, after: Results): readonly Judged[] {
  const found = new Map(before.rows.map((row) => [`${row.table}\n${row.name}`, row]));
  return after.rows.flatMap((row) => {
    const earlier = found.get(`${row.table}\n${row.name}`);
    return earlier === undefined ? [] : [judgeRow(earlier, row)];
  });
}

function judgeRow(before: Row, after: Row): Judged {
  const [was, is] = [bounds(before.ratios), bounds(after.ratios)];
  const verdict = is.high < was.low ? 'faster' : is.low > was.high ? 'slower' : 'within noise';
  const { table, name } = after;
  return { table, name, before: median(before.ratios), after: median(after.ratios), verdict };
}

/** The interval of the values' median, with at least 95 % confidence whatever their distribution: order statistics. */
export function bounds(values: readonly number[]): { readonly low: number; readonly high: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = lowerRank(sorted.length);
  const [low, high] = [sorted[rank], sorted[sorted.length - 1 - rank]];
  if (rank < 0 || low === undefined || high === undefined) return { low: -Infinity, high: Infinity };
  return { low, high };
}

/** The largest number of values that may be left out at each end; -1 if there are too few for any bound. */
function lowerRank(count: number): number {
  let [rank, chance, below] = [-1, 0.5 ** count, 0];
  for (let left = 0; left < count / 2; left += 1) {
    below += chance;
    if (below > 0.025) return rank;
    rank = left;
    chance = (chance * (count - left)) / (left + 1);
  }
  return rank;
}
