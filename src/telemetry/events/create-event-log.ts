import { randomBytes } from 'node:crypto';
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../core/log.ts';
import type { NewEvent, VolumeEvent } from '../../core/volume-event.ts';
import { eventLine, parseEvent } from './record.ts';
import { createRepeats } from './repeats.ts';
import { createRingFile } from './ring-file.ts';

interface EventQuery {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly volume?: string;
  /** The ID of an event. Only later ones are returned, or all if that event is no longer kept. */
  readonly after?: string;
}

/** The log of events on disk, including those before this daemon's start. */
export interface EventLog {
  /** Returns at once without waiting for the disk, and never throws. */
  record(event: NewEvent): void;
  /** The oldest first. */
  find(query: EventQuery): Promise<readonly VolumeEvent[]>;
  /** Resolves once all pending events are written, or cannot be. */
  close(): Promise<void>;
}

export interface EventLogParts {
  readonly log: Log;
  /** `<stateDir>/events.jsonl`. */
  readonly path: string;
  /** Bytes of each of two files; 4 MiB hold some 15,000 events. */
  readonly most?: number;
  now(): number;
}

const usualMost = 4 * 1024 ** 2;
/** The number of latest events kept in memory too: for followers, and while the disk cannot be written. */
const mostRecent = 2000;
/** Milliseconds: events that follow one another so closely are written together. A kill loses those that wait. */
const gathering = 50;
/** Lines read between two turns of other work. */
const linesAtOnce = 500;

export function createEventLog({ log, path, most = usualMost, now }: EventLogParts): EventLog {
  const file = createRingFile({ path, most });
  const repeats = createRepeats(now);
  const run = randomBytes(4).toString('hex');
  let count = 0;
  let waiting: VolumeEvent[] = [];
  const recent: VolumeEvent[] = [];
  let writing: Promise<void> | undefined;
  let isFailing = false;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await file.append(batch.map(eventLine));
        isFailing = false;
      } catch (error) {
        waiting = [...batch, ...waiting].slice(-mostRecent);
        if (!isFailing) log.write('warn', 'events-not-written', { file: path, error });
        isFailing = true;
        // The next event tries again.
        return;
      }
    }
  }

  function begin(): void {
    writing ??= sleep(gathering)
      .then(write)
      .finally(() => {
        writing = undefined;
      });
  }

  return {
    record(event) {
      const repeated = repeats.of(event);
      if (repeated === 'told') return;
      count += 1;
      const times = repeated > 0 ? { repeated } : {};
      const kept = { id: `${run}-${count}`, time: new Date(now()).toISOString(), ...event, ...times };
      for (const events of [waiting, recent]) {
        events.push(kept);
        if (events.length > mostRecent) events.shift();
      }
      begin();
    },
    async find(query) {
      const fits = (event: VolumeEvent) => isWanted(event, query);
      const at = recent.findIndex(({ id }) => id === query.after);
      if (at >= 0) return recent.slice(at + 1).filter(fits);
      const written = await parsed(await file.read(), fits);
      const ids = new Set(written.map(({ id }) => id));
      const events = [...written, ...recent.filter((event) => !ids.has(event.id) && fits(event))];
      return events.slice(events.findIndex(({ id }) => id === query.after) + 1);
    },
    async close() {
      await writing;
      await write();
    },
  };
}

function isWanted(event: VolumeEvent, { since, volume, after }: EventQuery): boolean {
  if (event.id === after) return true;
  if (volume !== undefined && event.volume !== volume) return false;
  return since === undefined || Date.parse(event.time) >= since;
}

/** Reads in parts, so that no call waits for a long file. */
async function parsed(
  lines: readonly string[],
  fits: (event: VolumeEvent) => boolean,
): Promise<readonly VolumeEvent[]> {
  const events: VolumeEvent[] = [];
  for (const [index, line] of lines.entries()) {
    if (index % linesAtOnce === 0) await otherWork();
    const event = parseEvent(line);
    if (event !== undefined && fits(event)) events.push(event);
  }
  return events;
}
