import type { MountId, VolumeName } from './names.ts';
import type { Volume } from './volume.ts';

/** `operator` took the volume by hand and is never dropped by the reaper. */
export type HolderKind = 'client' | 'operator';

/** The ID by which an operator holds a volume (`holdfast volume mount`). */
export const operatorId = 'operator' as MountId;
/** Stands for holders whose IDs were lost with an unreadable ledger. */
export const recoveredId = 'recovered' as MountId;

interface Holder {
  readonly kind: HolderKind;
  /** Milliseconds since the epoch, of its latest Mount. */
  readonly at: number;
  /** How often it was mounted since it holds: more than once is `docker cp`, or a client without IDs. A hint, never a count to trust. */
  readonly mounts: number;
}

/** Device and inode of what was seen mounted after staging. */
interface SeenMount {
  readonly device: string;
  readonly inode: string;
}

/** What is known of a volume that is staged, or on its way there or back. */
export interface LedgerEntry {
  /** As it was staged: enough to unstage it with the storage down. */
  readonly volume: Volume;
  /** Absent until staging is finished. */
  readonly seen?: SeenMount;
  readonly holders: ReadonlyMap<MountId, Holder>;
  /** Milliseconds since the epoch, of the latest Mount of any holder, or of the staging. */
  readonly lastMount: number;
}

/** What the ledger file consists of; each is written before (`stage`) or after what it tells of. */
export type LedgerRecord =
  | { readonly kind: 'stage'; readonly volume: Volume; readonly at: number }
  | { readonly kind: 'staged'; readonly name: VolumeName; readonly seen: SeenMount }
  | {
      readonly kind: 'hold';
      readonly name: VolumeName;
      readonly id: MountId;
      readonly at: number;
      readonly mounts: number;
    }
  | { readonly kind: 'drop'; readonly name: VolumeName; readonly id: MountId }
  | { readonly kind: 'gone'; readonly name: VolumeName };

export function recordedName(record: LedgerRecord): VolumeName {
  return record.kind === 'stage' ? record.volume.name : record.name;
}

/** The entry after a record; undefined when the volume is out of the ledger. Applying a record twice changes nothing more. */
export function applyRecord(entry: LedgerEntry | undefined, record: LedgerRecord): LedgerEntry | undefined {
  if (record.kind === 'gone') return undefined;
  if (record.kind === 'stage') {
    const lastMount = Math.max(entry?.lastMount ?? 0, record.at);
    return { volume: record.volume, holders: entry?.holders ?? new Map(), lastMount };
  }
  if (entry === undefined) return undefined;
  if (record.kind === 'staged') return { ...entry, seen: record.seen };
  const holders = new Map(entry.holders);
  if (record.kind === 'drop') {
    holders.delete(record.id);
    return { ...entry, holders };
  }
  const kind = record.id === operatorId ? 'operator' : 'client';
  holders.set(record.id, { kind, at: record.at, mounts: record.mounts });
  return { ...entry, holders, lastMount: Math.max(entry.lastMount, record.at) };
}

/** The fewest records that lead to this entry. */
export function recordsOf(entry: LedgerEntry): readonly LedgerRecord[] {
  const { name } = entry.volume;
  return [
    { kind: 'stage', volume: entry.volume, at: entry.lastMount },
    ...(entry.seen ? [{ kind: 'staged', name, seen: entry.seen } as const] : []),
    ...[...entry.holders].map(([id, { at, mounts }]) => ({ kind: 'hold', name, id, at, mounts }) as const),
  ];
}
