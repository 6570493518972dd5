/** Suites that take minutes run a share of their cases, and all of them with `HOLDFAST_WHOLE=1`. */
export const isWhole = process.env.HOLDFAST_WHOLE === '1';
