import type { Log } from '../../core/log.ts';
import {
  applyRecord,
  isInUse,
  type LedgerEntry,
  type LedgerRecord,
  recordedName,
  recordsOf,
} from '../../core/mount-ledger.ts';
import type { VolumeName } from '../../core/names.ts';
import type { Volume } from '../../core/volume.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import { openStateFile } from './journal-file.ts';
import { parseLedgerRecord } from './records.ts';

/** Who holds what, in memory and in a file that the next daemon reads. Calls for one volume never overlap. */
export interface Ledger {
  get(name: VolumeName): LedgerEntry | undefined;
  entries(): Iterable<LedgerEntry>;
  readonly size: number;
  /** Changes whenever a volume is staged or taken down. */
  readonly revision: number;
  /**
   * Applies the records, all of one volume, and resolves once they outlive the daemon. If they cannot be written, nothing
   * changes.
   */
  write(...records: readonly LedgerRecord[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the ledger of this boot; `ended` gets each volume whose use on this host has ended. The ledger of another boot is void, since no mount survived it, and is removed. So no fsync is
 * needed: the ledger must outlive the daemon, not the kernel.
 */
export async function openLedger(
  host: Host,
  log: Log,
  directory: string,
  ended: (volume: Volume) => void = () => undefined,
): Promise<Ledger> {
  const file = `ledger-${host.bootId}.jsonl`;
  const path = `${directory}/${file}`;
  await removeOtherBoots(host, directory, file);
  const entries = new Map<VolumeName, LedgerEntry>();
  let revision = 0;

  function apply(record: LedgerRecord): void {
    const name = recordedName(record);
    const before = entries.get(name);
    replace(name, applyRecord(before, record));
  }

  function replace(name: VolumeName, entry: LedgerEntry | undefined): void {
    if (entries.get(name)?.seen !== entry?.seen) revision += 1;
    if (entry) entries.set(name, entry);
    else entries.delete(name);
  }

  const { journal } = await openStateFile({
    host,
    log,
    path,
    parse: parseLedgerRecord,
    apply,
    snapshot: () => [...entries.values()].flatMap(recordsOf),
    size: () => 3 * entries.size,
  });

  return {
    get: (name) => entries.get(name),
    entries: () => entries.values(),
    get size() {
      return entries.size;
    },
    get revision() {
      return revision;
    },
    async write(...records) {
      const [first] = records;
      if (first === undefined) return;
      const name = recordedName(first);
      const before = entries.get(name);
      for (const record of records) apply(record);
      try {
        await journal.append(records);
      } catch (cause) {
        replace(name, before);
        const { message } = asVolumeError(cause, `Volume ${name}: the ledger ${path} cannot be written`);
        throw new VolumeError('unavailable', `${message}: free some space there, then repeat.`, { cause });
      }
      if (before !== undefined && isInUse(before) && !isInUse(entries.get(name))) ended(before.volume);
    },
    close: () => journal.close(),
  };
}

async function removeOtherBoots(host: Host, directory: string, current: string): Promise<void> {
  for (const file of (await host.files.list(directory)) ?? []) {
    if (/^ledger-.*\.jsonl$/.test(file) && file !== current)
      await host.files.removeFile(`${directory}/${file}`);
  }
}
