export interface Repetition {
  /** The first time after this many milliseconds. */
  begin(milliseconds: number): void;
  underWay(): Promise<unknown>;
}

/** Repeats work that never rejects, each time after the milliseconds that it resolves to, until it is stopped. */
export function createRepetition(work: () => Promise<number>, stopping: AbortSignal): Repetition {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<unknown> = Promise.resolve();

  function begin(milliseconds: number): void {
    timer = setTimeout(() => {
      underWay = work().then((pause) => {
        if (!stopping.aborted) begin(pause);
      });
    }, milliseconds);
    timer.unref();
  }

  stopping.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return { begin, underWay: () => underWay };
}
