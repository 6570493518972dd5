/** A series of a plot: one value per time, null where it is not known. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** From 0 to 1; times in milliseconds since the epoch. */
export type Scale = (value: number) => number;

export function linear(low: number, high: number): Scale {
  return (value) => (high <= low ? 0.5 : Math.min(1, Math.max(0, (value - low) / (high - low))));
}

/** A logarithmic scale. Values below `low` are drawn at `low`. */
export function logarithmic(low: number, high: number): Scale {
  const inner = linear(Math.log(low), Math.log(high));
  return (value) => inner(Math.log(Math.max(low, value)));
}

/** A hundredth of a millisecond; smaller values are drawn here. */
const smallest = 0.01;

/** The powers of ten from below the lowest value to above the highest one; 1 to 10 without values. */
export function decades(series: readonly Series[]): readonly number[] {
  const values = series.flatMap(({ values: all }) => all.filter((value) => value !== null && value > 0));
  const known = values.filter((value) => value !== null).map((value) => Math.max(smallest, value));
  const low = Math.floor(
    Math.log10(known.reduce((least, value) => Math.min(least, value), Number.MAX_VALUE)),
  );
  const high = Math.ceil(Math.log10(known.reduce((most, value) => Math.max(most, value), 0)));
  if (known.length === 0) return [1, 10];
  const count = Math.max(1, high - low) + 1;
  return Array.from({ length: count }, (_, index) => 10 ** (low + index));
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Splits a series at unknown values into lines; a single point is a line of one point. */
export function linesOf(
  values: readonly (number | null)[],
  at: (index: number, value: number) => Point,
): readonly (readonly Point[])[] {
  const lines: Point[][] = [];
  let isOpen = false;
  for (const [index, value] of values.entries()) {
    if (value !== null && !isOpen) lines.push([]);
    if (value !== null) lines.at(-1)?.push(at(index, value));
    isOpen = value !== null;
  }
  return lines;
}

export interface Summary {
  readonly latest: number | undefined;
  readonly lowest: number | undefined;
  readonly highest: number | undefined;
}

export function summaryOf({ values }: Series): Summary {
  const known = values.filter((value) => value !== null).map((value) => Math.max(smallest, value));
  return {
    latest: known.at(-1),
    lowest: known.length === 0 ? undefined : known.reduce((a, b) => Math.min(a, b)),
    highest: known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b)),
  };
}
