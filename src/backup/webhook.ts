import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/log.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { BackupParts } from './parts.ts';
import { readPrivate } from './read-private.ts';

/** Events that are reported: each is a backup that cannot be relied on. */
const reported: readonly string[] = ['backup-failed', 'backup-late', 'backup-not-proven'];
/** Milliseconds before each attempt. */
const usualPauses: readonly number[] = [0, 5_000, 60_000, 600_000];
/** Milliseconds for one attempt. */
const patience = 10_000;
/** Messages that wait; more are dropped, as their receiver has been away for long. */
const mostWaiting = 100;

type WebhookParts = Pick<BackupParts, 'plans' | 'files' | 'hostname' | 'log'> & {
  readonly host: Pick<BackupParts['host'], 'now'>;
  /** Milliseconds before each attempt. */
  readonly webhookPauses?: readonly number[] | undefined;
};

/** What is sent. */
interface Message {
  readonly event: string;
  readonly backup: string;
  readonly host: string;
  readonly driver: unknown;
  readonly volume: unknown;
  /** The ID of the backup, where there is one. */
  readonly id: unknown;
  readonly message: string;
  readonly at: string;
}

export interface Webhooks {
  /** The same log; what it gets about backups is sent too. */
  readonly log: Log;
  /** Gives up what was not delivered. */
  close(): Promise<void>;
}

/**
 * Sends what goes wrong with backups to the address of their plan, as JSON by POST. It is tried four times within eleven minutes. The
 * address may have a token, so no log and no error contains it.
 */
export function openWebhooks({
  plans,
  files,
  hostname,
  host,
  log,
  webhookPauses = usualPauses,
}: WebhookParts): Webhooks {
  const inner = log;
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function deliver(path: string, message: Message): Promise<void> {
    let trouble = '';
    for (const pause of webhookPauses) {
      await sleep(pause, undefined, { signal: stopping.signal });
      try {
        const url = await readPrivate(
          files,
          path,
          `backup ${message.backup}`,
          'The webhook could not be called',
        );
        const answer = await post(url, message, stopping.signal);
        if (answer >= 200 && answer < 300) return;
        trouble = `it answered ${answer}`;
      } catch (thrown) {
        trouble = wordsOf(thrown);
      }
    }
    const { event: about, backup } = message;
    log.write('error', 'webhook-failed', { backup, about, why: trouble });
  }

  function tell(event: string, fields: Readonly<Record<string, unknown>>): void {
    const name = String(fields.backup);
    const path = plans.get(name)?.webhookFile;
    if (path === undefined) return;
    if (underWay.size >= mostWaiting) {
      log.write('error', 'webhook-failed', { backup: name, why: 'too many wait' });
      return;
    }
    const { driver, volume, id } = fields;
    const at = new Date(host.now()).toISOString();
    const sending = deliver(path, {
      event,
      backup: name,
      host: hostname,
      driver,
      volume,
      id,
      message: messageOf(fields),
      at,
    })
      // Only a stop of the daemon ends it early.
      .catch(() => undefined)
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  }

  return {
    log: {
      enabled: (level) => log.enabled(level),
      write(level, event, fields = {}) {
        inner.write(level, event, fields);
        if (reported.includes(event)) tell(event, fields);
      },
    },
    async close() {
      stopping.abort();
      await Promise.all(underWay);
    },
  };
}

function messageOf({ why, error }: Readonly<Record<string, unknown>>): string {
  if (typeof why === 'string') return why;
  return typeof error === 'string' ? error : asVolumeError(error, 'The backup failed').message;
}

async function post(url: string, about: object, stopped: AbortSignal): Promise<number> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(patience)]);
  // fetch answers 200 for a `data:` URL, and sends nothing.
  if (URL.canParse(url) && !/^https?:$/.test(new URL(url).protocol))
    throw new VolumeError('invalid', 'The address does not begin with https:// or http://.');
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(about),
    redirect: 'manual',
    signal,
  });
  await answer.body?.cancel();
  return answer.status;
}

/** An error of fetch may contain the address, its cause has a code. */
function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'it could not be sent';
  if (thrown.name === 'TimeoutError') return `no answer within ${patience / 1000} s`;
  const { cause } = thrown;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code);
  return thrown.name === 'VolumeError' ? thrown.message : 'it could not be sent';
}
