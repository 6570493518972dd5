/** Suites that take minutes run a share of their cases, and all of them with `HOLDFAST_WHOLE=1`. */
export const isWhole = process.env.HOLDFAST_WHOLE === '1';

/** All cases with HOLDFAST_WHOLE=1, otherwise the first: for cases whose difference other suites test as well, and that take long. */
export function firstOf<T>(cases: readonly T[]): readonly T[] {
  return isWhole ? cases : cases.slice(0, 1);
}
