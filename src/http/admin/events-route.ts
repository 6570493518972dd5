import { parseVolumeName, quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { VolumeEvent } from '../../core/volume-event.ts';
import { calls } from './protocol.ts';
import { readQuery } from './requests.ts';
import { type AdminRoute, route } from './route.ts';

/** The recorded events, also from before this daemon's start. */
export interface EventSource {
  /** The oldest first. `since`: milliseconds since the epoch; `after`: the ID of the last event that the caller has. */
  find(query: {
    readonly since?: number;
    readonly volume?: string;
    readonly after?: string;
  }): Promise<readonly VolumeEvent[]>;
}

export function eventsRoute(events: EventSource): AdminRoute {
  return route(calls.events, async (_, request) => {
    const { since, volume, after, last } = readQuery(request, calls.events.query);
    const found = await events.find({
      ...(since === undefined ? {} : { since: parseTime(since) }),
      ...(volume === undefined ? {} : { volume: parseVolumeName(volume) }),
      ...(after === undefined ? {} : { after }),
    });
    return { events: last === undefined ? found : found.slice(-Number(last)) };
  });
}

function parseTime(text: string): number {
  const time = Date.parse(text);
  if (Number.isFinite(time)) return time;
  throw new VolumeError('invalid', `${quote(text)} is not a time: write it as 2026-01-31T12:00:00Z.`);
}
