/** Times in microseconds. */
export interface Timing {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Repetitions per second. */
  readonly rate: number;
}

export interface Effort {
  readonly warmUp: number;
  readonly times: number;
}

/** Repeats an act, one after the other. `after` undoes each; its time is not counted. */
export async function measure(
  effort: Effort,
  act: (index: number) => Promise<unknown>,
  after: () => Promise<unknown> = async () => undefined,
): Promise<Timing> {
  const times: number[] = [];
  for (let i = 0; i < effort.warmUp + effort.times; i += 1) {
    const started = performance.now();
    await act(i);
    if (i >= effort.warmUp) times.push(performance.now() - started);
    await after();
  }
  return summarise(
    times,
    times.reduce((sum, time) => sum + time, 0),
  );
}

/** Repeats an act in several lanes at once; `effort.times` is the sum over all lanes. */
export async function measureParallel(
  lanes: number,
  effort: Effort,
  act: (lane: number, index: number) => Promise<unknown>,
): Promise<Timing> {
  const times: number[] = [];
  let index = 0;
  const run = async (lane: number, until: number, keep: boolean): Promise<void> => {
    while (index < until) {
      const mine = index++;
      const started = performance.now();
      await act(lane, mine);
      if (keep) times.push(performance.now() - started);
    }
  };
  const all = (until: number, keep: boolean) =>
    Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane, until, keep)));
  await all(effort.warmUp, false);
  const began = performance.now();
  await all(effort.warmUp + effort.times, true);
  return summarise(times, performance.now() - began);
}

function summarise(times: number[], elapsed: number): Timing {
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    1000 * (times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), rate: (1000 * times.length) / elapsed };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export async function repeat<T>(times: number, act: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i += 1) results.push(await act());
  return results;
}
