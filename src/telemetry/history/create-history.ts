import { isUnreadable } from '../../core/volume.ts';
import { visitInTurns } from '../../core/waits/in-turns.ts';
import type { Sample } from '../metrics/catalogue.ts';
import type { ReadDriver } from '../metrics/driver-readings.ts';
import { createFullest, type Filling, fillingOf, keyOf } from './fullest.ts';
import { type CallCounts, callCounts, type Latency, latencyBetween } from './latency.ts';
import { createTimeline } from './timeline.ts';

/** How fast calls were and how full volumes are, over the last day, in a fixed amount of memory. Nothing is on disk. */
export interface History {
  /** Adds a step, now. */
  sample(): Promise<void>;
  /** The oldest step first. The last one is the current step. */
  read(): Promise<HistoryRead>;
  /** Ends the sampling. */
  stop(): void;
}

interface HistoryRead {
  /** RFC 3339, UTC. */
  readonly times: readonly string[];
  readonly latency: readonly {
    readonly verb: string;
    readonly count: readonly number[];
    /** Milliseconds. */
    readonly p50: readonly (number | null)[];
    readonly p95: readonly (number | null)[];
  }[];
  readonly fullness: readonly (Omit<Filling, 'percent'> & { readonly percent: readonly (number | null)[] })[];
}

export interface HistoryParts {
  /** The samples of the histogram of calls, since the start. */
  calls(): readonly Sample[];
  /** The drivers with storage of their own. */
  drivers(): Iterable<Pick<ReadDriver, 'name' | 'views'>>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a step. */
  readonly interval?: number;
}

/** Five minutes, for a day. */
const usualInterval = 300_000;
const steps = 288;
/** The number of volumes in the plot, the fullest ones. More lines would not be readable. */
const mostFillings = 20;
/** The maximum number of verbs, more than there are. */
const mostVerbs = 16;

/** Samples counts and measurements that exist anyway, from a timer, so that no call has to wait for it. */
export function createHistory({ calls, drivers, now, interval = usualInterval }: HistoryParts): History {
  const figures = createTimeline({ steps, series: 3 * mostVerbs });
  const fullness = createTimeline({ steps, series: mostFillings });
  const known = new Map<string, Filling>();
  let before: CallCounts = new Map();

  async function fullest(): Promise<readonly Filling[]> {
    const found = createFullest(mostFillings);
    for (const { name, views } of drivers())
      await visitInTurns(views(), ({ volume, usage }) => {
        const filling = usage && !isUnreadable(volume) && fillingOf(name, volume.name, usage);
        if (filling) found.add(filling);
      });
    return found.found();
  }

  async function sample(): Promise<void> {
    const found = await fullest();
    const after = callCounts(calls());
    figures.step(now());
    fullness.step(now());
    for (const verb of after.keys()) {
      const { count, p50, p95 } = latencyBetween(before, after, verb);
      figures.put(`${verb} count`, count);
      if (p50 !== undefined) figures.put(`${verb} p50`, p50);
      if (p95 !== undefined) figures.put(`${verb} p95`, p95);
    }
    before = after;
    fullness.keep(new Set(found.map(keyOf)));
    known.clear();
    for (const filling of found) {
      fullness.put(keyOf(filling), filling.percent);
      known.set(keyOf(filling), filling);
    }
  }

  async function read(): Promise<HistoryRead> {
    const present = await fullest();
    const after = callCounts(calls());
    const shown = new Map([...known, ...present.map((filling) => [keyOf(filling), filling] as const)]);
    const percents = new Map(present.map((filling) => [keyOf(filling), filling.percent]));
    return {
      times: [...figures.times(), now()].map((time) => new Date(time).toISOString()),
      latency: Array.from(after.keys(), (verb) => latencyOf(verb, latencyBetween(before, after, verb))),
      fullness: Array.from(shown, ([key, { percent: _, ...what }]) => ({
        ...what,
        percent: [...fullness.values(key), percents.get(key) ?? null],
      })),
    };
  }

  function latencyOf(verb: string, last: Latency): HistoryRead['latency'][number] {
    return {
      verb,
      count: [...figures.values(`${verb} count`).map((count) => count ?? 0), last.count],
      p50: [...figures.values(`${verb} p50`), last.p50 ?? null],
      p95: [...figures.values(`${verb} p95`), last.p95 ?? null],
    };
  }

  // A step that could not be taken is only missing in the plot.
  const timer = setInterval(() => void sample().catch(() => undefined), interval);
  timer.unref();
  return { sample, read, stop: () => clearInterval(timer) };
}
