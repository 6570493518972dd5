import { parseDuration } from '../../core/durations.ts';
import { type Json, listField, textField } from '../../core/json.ts';
import { parseVolumeName } from '../../core/names.ts';
import { shownJson, shownLines } from '../../core/shown.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { table } from '../table.ts';
import { askerText, messageText } from './rows.ts';

export interface EventsOptions {
  readonly since: string;
  readonly volume?: string;
  readonly json?: boolean;
}

/** Oldest first, like a log. */
export async function listEvents(client: AdminClient, options: EventsOptions): Promise<CommandResult> {
  const events = await ask(client, startOf(options), options.volume);
  const text =
    events.length === 0
      ? `Nothing was recorded in the last ${options.since}${options.volume ? ` for volume ${options.volume}` : ''}.`
      : table([head, ...events.map(row)]);
  return { json: { events }, text };
}

export interface Following {
  say(text: string): void;
  /** Resolves to false to end following. */
  pause(milliseconds: number): Promise<boolean>;
}

/** Milliseconds between two requests. */
const pace = 1_000;

/** Shows existing events, then new ones until it is ended; waits for a stopped daemon to return. */
export async function followEvents(
  client: AdminClient,
  options: EventsOptions,
  { say, pause }: Following,
): Promise<CommandResult> {
  const since = startOf(options);
  let after: string | undefined;
  do {
    const events = await ask(client, since, options.volume, after).catch((error: unknown) => {
      const failure = asVolumeError(error, 'The events could not be read');
      if (after === undefined || failure.code !== 'unavailable') throw failure;
      return [];
    });
    if (options.json) for (const event of events) say(shownJson(event));
    else if (events.length > 0) say(shownLines(table(events.map(row))));
    const last = events.at(-1);
    after = last === undefined ? (after ?? '') : textField(last, 'id');
  } while (await pause(pace));
  return { text: '' };
}

const head = ['TIME', 'WHAT', 'DRIVER', 'VOLUME', 'OUTCOME', 'BY', 'MESSAGE'];

function row(event: Json): readonly string[] {
  return [
    textField(event, 'time').slice(0, 19).replace('T', ' '),
    textField(event, 'what'),
    textField(event, 'driver') || '-',
    textField(event, 'volume') || '-',
    textField(event, 'outcome'),
    askerText(event),
    messageText(event),
  ];
}

function startOf({ since, volume }: EventsOptions): string {
  if (volume !== undefined) parseVolumeName(volume);
  return new Date(Math.max(0, Date.now() - parseDuration(since))).toISOString();
}

async function ask(
  client: AdminClient,
  since: string,
  volume: string | undefined,
  after?: string,
): Promise<readonly Json[]> {
  const query = new URLSearchParams({
    since,
    ...(volume === undefined ? {} : { volume }),
    ...(after === undefined ? {} : { after }),
  });
  return listField(await client.ask('GET', `/v1/events?${query}`), 'events');
}
