import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { VolumeError } from '../../../../core/volume-error.ts';
import type { FilesBelow, Host } from '../../../../host/host.ts';
import { readRecord, sealRecord } from '../../recorded/record-text.ts';

export interface LeaseParts {
  readonly files: Pick<FilesBelow, 'readLatest' | 'writeText' | 'rename' | 'removeFile'>;
  readonly host: Pick<Host, 'bootId' | 'uptime' | 'newId'> & {
    readonly files: Pick<Host['files'], 'facts'>;
  };
  /** A directory of this driver on this host. It tells apart drivers, and hosts that share a kernel, as containers do: its path and inode. */
  readonly place: string;
}

export interface Lease {
  /** Aborts when another host may have taken over. */
  readonly lost: AbortSignal;
  /** Gives it back. */
  end(): Promise<void>;
}

/** Milliseconds between two renewals. */
const pace = 30_000;
/** A holder without a renewal for so long gives up. */
const patience = 240_000;
/** Another host takes over once it has seen no renewal for so long, by its own clock: no clocks are compared. */
const staleAfter = 300_000;

const leaseSchema = z.object({
  format: z.literal(1),
  holder: z.string(),
  boot: z.string(),
  place: z.string(),
  renewals: z.number(),
});

/**
 * Takes leases, each of them a file. Throws `in-use` while another host renews it. The file of an earlier daemon of this host, which is
 * dead, is taken over at once.
 */
export function openLease({ files, host, place }: LeaseParts): (path: string) => Promise<Lease> {
  const seen = new Map<string, { readonly text: string; readonly since: number }>();
  /** Another container of the same kernel has the same boot ID, and perhaps the same paths. */
  async function ownPlace(): Promise<string> {
    const facts = await host.files.facts(place);
    return facts === undefined ? place : `${place} ${facts.device} ${facts.inode}`;
  }

  /** Whether the file has been the same for so long that its holder must be dead. */
  function isStale(path: string, text: string): boolean {
    const before = seen.get(path);
    if (before?.text === text) return host.uptime() - before.since >= staleAfter;
    seen.set(path, { text, since: host.uptime() });
    return false;
  }

  async function requireFree(path: string, own: string): Promise<void> {
    const text = await files.readLatest(path);
    if (text === undefined) return;
    const found = readRecord(leaseSchema, text);
    const isOurs = 'value' in found && found.value.boot === host.bootId && found.value.place === own;
    if (!isOurs && !isStale(path, text))
      throw new VolumeError(
        'in-use',
        'another host is copying its data, deletes a copy or changes the volume: retry when it is done. If it has died, this is known after five minutes.',
      );
    seen.delete(path);
    const aside = join(dirname(path), `.tmp-lock-${host.newId()}`);
    await files.rename(path, aside);
    // Another host may have taken it over in the meantime.
    if ((await files.readLatest(aside)) !== text) await files.rename(aside, path);
    else await files.removeFile(aside);
  }

  return async (path) => {
    const own = await ownPlace();
    const about = { format: 1, holder: host.newId(), boot: host.bootId, place: own };
    const textOf = (renewals: number) => sealRecord({ ...about, renewals });
    while (!(await files.writeText(path, textOf(0), 'exclusive'))) await requireFree(path, own);
    return renewed({ files, path, uptime: () => host.uptime(), textOf });
  };
}

interface Renewal {
  readonly files: LeaseParts['files'];
  readonly path: string;
  uptime(): number;
  textOf(renewals: number): string;
}

function renewed({ files, path, uptime, textOf }: Renewal): Lease {
  const lost = new AbortController();
  let count = 0;
  let last = uptime();
  let renewing: Promise<void> | undefined;
  async function renew(): Promise<void> {
    if ((await files.readLatest(path)) !== textOf(count)) return lost.abort();
    await files.writeText(path, textOf(count + 1), 'replace');
    count += 1;
    last = uptime();
  }
  const timer = setInterval(() => {
    if (uptime() - last >= patience) lost.abort();
    // A failed one is repeated by the next.
    renewing ??= renew()
      .catch(() => undefined)
      .finally(() => {
        renewing = undefined;
      });
  }, pace).unref();
  return {
    lost: lost.signal,
    async end() {
      clearInterval(timer);
      await renewing;
      if ((await files.readLatest(path)) === textOf(count)) await files.removeFile(path);
    },
  };
}
