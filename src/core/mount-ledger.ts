import type { MountId, VolumeName } from './names.ts';
import type { Volume } from './volume.ts';

/**
 * `operator` took the volume by hand and is never dropped by the reaper. `published` is a path that a caller chose: what is mounted
 * there is use.
 */
export type HolderKind = 'client' | 'operator' | 'published';

/** The ID by which an operator holds a volume (`holdfast volume mount`). */
export const operatorId = 'operator' as MountId;
/** Stands for holders whose IDs were lost with an unreadable ledger. */
export const recoveredId = 'recovered' as MountId;

export interface Holder {
  readonly kind: HolderKind;
  /** Milliseconds since the epoch, of its latest Mount. */
  readonly at: number;
  /** Only a `published` holder has one. */
  readonly place?: PublishedPlace;
  /** Mounts since it holds. More than one means `docker cp`, or a client without IDs. A hint, not a reliable count. */
  readonly mounts: number;
}

/** A path at which a caller has the volume. */
export interface PublishedPlace {
  /** Absolute, as the caller gave it. */
  readonly path: string;
  readonly access: 'read-write' | 'read-only';
  /** What is to be mounted there: nothing else is ever unmounted. */
  readonly seen: SeenMount;
}

/** Device and inode of what was seen mounted after staging. */
interface SeenMount {
  readonly device: string;
  readonly inode: string;
}

/** The state of a volume that is staged, or is being staged or unstaged. */
export interface LedgerEntry {
  /** The volume as it was staged: enough to unstage it while the storage is down. */
  readonly volume: Volume;
  /** Absent until staging is finished. */
  readonly seen?: SeenMount;
  readonly holders: ReadonlyMap<MountId, Holder>;
  /** Its file system may be frozen: a snapshot was begun and is not finished. */
  readonly frozen?: true;
  /** Milliseconds since the epoch, of the latest Mount of any holder, or of the staging. */
  readonly lastMount: number;
}

/** The records of the ledger file. `stage`, `freeze`, and `hold` with a place, are written before the act, all others after it. */
export type LedgerRecord =
  | { readonly kind: 'stage'; readonly volume: Volume; readonly at: number }
  | { readonly kind: 'staged'; readonly name: VolumeName; readonly seen: SeenMount }
  | {
      readonly kind: 'hold';
      readonly name: VolumeName;
      readonly id: MountId;
      readonly at: number;
      readonly mounts: number;
      readonly place?: PublishedPlace;
    }
  | { readonly kind: 'drop'; readonly name: VolumeName; readonly id: MountId }
  | { readonly kind: 'freeze'; readonly name: VolumeName }
  | { readonly kind: 'thaw'; readonly name: VolumeName }
  | { readonly kind: 'gone'; readonly name: VolumeName };

/** Whether the volume is mounted on this host, or held by callers who had it. */
export function isInUse(entry: LedgerEntry | undefined): boolean {
  return entry !== undefined && (entry.seen !== undefined || entry.holders.size > 0);
}

export function recordedName(record: LedgerRecord): VolumeName {
  return record.kind === 'stage' ? record.volume.name : record.name;
}

/** The entry after a record; undefined if the volume leaves the ledger. Applying a record twice changes nothing more. */
export function applyRecord(entry: LedgerEntry | undefined, record: LedgerRecord): LedgerEntry | undefined {
  if (record.kind === 'gone') return undefined;
  if (record.kind === 'stage') {
    const lastMount = Math.max(entry?.lastMount ?? 0, record.at);
    const frozen = entry?.frozen === true ? { frozen: true as const } : {};
    return { volume: record.volume, holders: entry?.holders ?? new Map(), ...frozen, lastMount };
  }
  if (entry === undefined) return undefined;
  if (record.kind === 'staged') return { ...entry, seen: record.seen };
  if (record.kind === 'freeze') return { ...entry, frozen: true };
  if (record.kind === 'thaw') return thawed(entry);
  const holders = new Map(entry.holders);
  if (record.kind === 'drop') {
    holders.delete(record.id);
    return { ...entry, holders };
  }
  const { id, at, mounts, place } = record;
  const kind = place !== undefined ? 'published' : id === operatorId ? 'operator' : 'client';
  holders.set(id, { kind, at, mounts, ...(place === undefined ? {} : { place }) });
  return { ...entry, holders, lastMount: Math.max(entry.lastMount, record.at) };
}

function thawed({ frozen: _, ...entry }: LedgerEntry): LedgerEntry {
  return entry;
}

/** The fewest records that lead to this entry. */
export function recordsOf(entry: LedgerEntry): readonly LedgerRecord[] {
  const { name } = entry.volume;
  return [
    { kind: 'stage', volume: entry.volume, at: entry.lastMount },
    ...(entry.seen ? [{ kind: 'staged', name, seen: entry.seen } as const] : []),
    ...(entry.frozen ? [{ kind: 'freeze', name } as const] : []),
    ...[...entry.holders].map(
      ([id, { kind: _, ...holder }]) => ({ kind: 'hold', name, id, ...holder }) as const,
    ),
  ];
}
