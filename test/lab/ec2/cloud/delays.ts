/** How long things take, in milliseconds. */
export interface Delays {
  /** creating → available */
  readonly create: number;
  /** attaching → attached */
  readonly attach: number;
  /** How long after `attached` the device appears. */
  readonly appear: number;
  /** detaching → available */
  readonly detach: number;
  /** deleting → gone */
  readonly remove: number;
  /** pending → completed */
  readonly snapshot: number;
  /** The same for a copy of a snapshot */
  readonly copy: number;
  /** modifying → optimizing, when the new size is there */
  readonly modify: number;
  /** optimizing → completed */
  readonly optimize: number;
}

export const noDelays: Delays = {
  create: 0,
  attach: 0,
  appear: 0,
  detach: 0,
  remove: 0,
  snapshot: 0,
  copy: 0,
  modify: 0,
  optimize: 0,
};

/** Medians of AWS (docs/design/ebs-rules.md#durations). */
export const awsDelays: Delays = {
  create: 1500,
  attach: 2000,
  appear: 100,
  detach: 3000,
  remove: 1000,
  snapshot: 10_000,
  copy: 10_000,
  modify: 3000,
  optimize: 60_000,
};

/** Milliseconds of a request: 60 in the middle, 150 once in twenty, 400 once in a hundred. */
export function awsLatency(random: () => number = Math.random): number {
  const drawn = random();
  if (drawn > 0.99) return 400;
  return drawn > 0.95 ? 150 : 30 + 60 * drawn;
}
