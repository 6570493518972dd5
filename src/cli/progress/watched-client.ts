import { setTimeout as sleep } from 'node:timers/promises';
import { listField, textField } from '../../core/json.ts';
import type { AdminClient } from '../admin-client.ts';
import type { Meter } from './meter.ts';

export interface WatchParts {
  readonly meter: Meter;
  /** Asks for what is under way, with little patience. */
  look(): Promise<object>;
  /** Milliseconds until a call is looked at, and between two looks. */
  readonly patience?: number;
  readonly pace?: number;
}

/** The same client; a call that takes longer than a moment is shown while it lasts, with what the daemon does for it. */
export function watchedClient(client: AdminClient, parts: WatchParts): AdminClient {
  return {
    ...client,
    async ask(method, path, body) {
      const asked = client.ask(method, path, body);
      const end = new AbortController();
      const volume = method === 'GET' ? undefined : volumeOf(path, body);
      const watching = volume === undefined ? wait(parts, end.signal) : watch(volume, parts, end.signal);
      // It ends by the abort of its pause.
      watching.catch(() => undefined);
      try {
        return await asked;
      } finally {
        end.abort();
        parts.meter.clear();
      }
    },
  };
}

async function watch(
  volume: string,
  { meter, look, ...times }: WatchParts,
  ended: AbortSignal,
): Promise<void> {
  for await (const seconds of rounds(times, ended)) {
    // A look that fails is not the command's failure.
    const told = await look().catch(() => undefined);
    if (ended.aborted) return;
    const works = listField(told, 'underWay');
    // A joint driver's work is that of its member: only the volume's name is compared.
    const work = works.find(
      (one) => textField(one, 'volume') === volume && textField(one, 'what') !== 'purge',
    );
    if (told !== undefined) meter.show({ volume, work, seconds });
  }
}

/** For a call that is about no single volume: only that it lasts is shown. */
async function wait({ meter, patience = 1000, pace }: WatchParts, ended: AbortSignal): Promise<void> {
  const times = { patience: 3 * patience, ...(pace === undefined ? {} : { pace }) };
  for await (const seconds of rounds(times, ended))
    meter.show({ volume: 'the daemon', work: undefined, seconds });
}

/** Yields the seconds since the call; rejects when it has ended. */
async function* rounds(
  { patience = 1000, pace = 500 }: Pick<WatchParts, 'patience' | 'pace'>,
  ended: AbortSignal,
): AsyncGenerator<number> {
  const began = performance.now();
  await sleep(patience, undefined, { signal: ended });
  while (!ended.aborted) {
    yield (performance.now() - began) / 1000;
    await sleep(pace, undefined, { signal: ended });
  }
}

/** The volume that a call of the admin API changes. */
function volumeOf(path: string, body: object | undefined): string | undefined {
  const match = /^\/v1\/(?:volumes|removed)\/[^/]+(?:\/([^/]+))?/.exec(path);
  if (match === null) return undefined;
  const [, named] = match;
  return named === undefined ? textField(body, 'name') || undefined : decodeURIComponent(named);
}
