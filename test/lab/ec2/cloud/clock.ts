import { setImmediate as turn } from 'node:timers/promises';

/** The clock for states that change over time. `stop` rejects with the error of a callback. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  after(milliseconds: number, run: () => void | Promise<void>): void;
  /** Waits for callbacks that run, and drops those to come. */
  stop(): Promise<void>;
}

/** A clock that only a test advances. */
export interface DrivenClock extends Clock {
  /** Runs everything that is due by then, one after the other. */
  advance(milliseconds: number): Promise<void>;
}

export function realClock(): Clock {
  const timers = new Set<NodeJS.Timeout>();
  const jobs = jobList();
  let stopped = false;
  return {
    now: () => Date.now(),
    after: (milliseconds, run) => {
      if (stopped) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        jobs.start(run);
      }, milliseconds);
      timers.add(timer);
    },
    stop: async () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await jobs.end();
    },
  };
}

export function drivenClock(start = Date.UTC(2026, 0, 1)): DrivenClock {
  let now = start;
  let due: { readonly at: number; readonly run: () => void | Promise<void> }[] = [];
  const next = (until: number) =>
    due.filter((entry) => entry.at <= until).toSorted((one, other) => one.at - other.at)[0];
  return {
    now: () => now,
    after: (milliseconds, run) => {
      due.push({ at: now + milliseconds, run });
    },
    advance: async (milliseconds) => {
      const until = now + milliseconds;
      for (let entry = next(until); entry; entry = next(until)) {
        due = due.filter((other) => other !== entry);
        now = Math.max(now, entry.at);
        await entry.run();
        await turn();
      }
      now = until;
    },
    stop: async () => {
      due = [];
    },
  };
}

export function pause(clock: Clock, milliseconds: number): Promise<void> {
  return milliseconds > 0 ? new Promise((resolve) => clock.after(milliseconds, resolve)) : Promise.resolve();
}

function jobList() {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  return {
    start: (run: () => void | Promise<void>) => {
      const job = Promise.resolve()
        .then(run)
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => {
          running.delete(job);
        });
      running.add(job);
    },
    end: async () => {
      await Promise.all(running);
      if (failures.length > 0)
        throw new AggregateError(failures, 'The EC2 endpoint failed in the background.');
    },
  };
}
