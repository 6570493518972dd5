/** Series of numbers over the same steps of time. Its memory is fixed: the newest step replaces the oldest one. */
export interface Timeline {
  /** Begins a step. Values that are not set before the next step are unknown. `time`: milliseconds since the epoch. */
  step(time: number): void;
  /** Sets a value in the current step. A new series beyond the maximum number is ignored. */
  put(key: string, value: number): void;
  /** Forgets all other series. */
  keep(keys: ReadonlySet<string>): void;
  /** The oldest first. */
  times(): readonly number[];
  /** The series in the order in which they began. */
  keys(): readonly string[];
  /** One value per time; null where it is unknown. */
  values(key: string): readonly (number | null)[];
}

export interface TimelineBounds {
  readonly steps: number;
  readonly series: number;
}

export function createTimeline({ steps, series: most }: TimelineBounds): Timeline {
  const times = new Float64Array(steps);
  const series = new Map<string, Float32Array>();
  let begun = 0;

  /** The places of the steps, the oldest first. */
  function order(): readonly number[] {
    const first = Math.max(0, begun - steps);
    return Array.from({ length: begun - first }, (_, index) => (first + index) % steps);
  }

  function seriesOf(key: string): Float32Array | undefined {
    const found = series.get(key);
    if (found !== undefined || series.size >= most) return found;
    const made = new Float32Array(steps).fill(Number.NaN);
    series.set(key, made);
    return made;
  }

  return {
    step(time) {
      const place = begun % steps;
      begun += 1;
      times[place] = time;
      for (const values of series.values()) values[place] = Number.NaN;
    },
    put(key, value) {
      const values = begun === 0 ? undefined : seriesOf(key);
      if (values !== undefined) values[(begun - 1) % steps] = value;
    },
    keep(keys) {
      for (const key of series.keys()) if (!keys.has(key)) series.delete(key);
    },
    times: () => order().map((place) => times[place] ?? 0),
    keys: () => [...series.keys()],
    values(key) {
      const values = series.get(key);
      return order().map((place) => {
        const value = values?.[place] ?? Number.NaN;
        return Number.isNaN(value) ? null : value;
      });
    },
  };
}
