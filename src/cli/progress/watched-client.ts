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

/** The same client; calls that change a volume and take more than a second are shown while they last. */
export function watchedClient(client: AdminClient, parts: WatchParts): AdminClient {
  return {
    ...client,
    async ask(method, path, body) {
      const asked = client.ask(method, path, body);
      const volume = method === 'GET' ? undefined : volumeOf(path, body);
      if (volume === undefined) return asked;
      const end = new AbortController();
      // It ends by the abort of its pause.
      watch(volume, parts, end.signal).catch(() => undefined);
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
  { meter, look, patience = 1000, pace = 500 }: WatchParts,
  ended: AbortSignal,
): Promise<void> {
  const began = performance.now();
  await sleep(patience, undefined, { signal: ended });
  while (!ended.aborted) {
    // A look that fails is not the command's failure.
    const told = await look().catch(() => undefined);
    if (ended.aborted) return;
    const works = listField(told, 'underWay');
    // A joint driver's work is that of its member: only the volume's name is compared.
    const work = works.find(
      (one) => textField(one, 'volume') === volume && textField(one, 'what') !== 'purge',
    );
    if (told !== undefined) meter.show({ volume, work, seconds: (performance.now() - began) / 1000 });
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
