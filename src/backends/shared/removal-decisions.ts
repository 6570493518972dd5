import type { Hold, Holds } from './hold.ts';

/*
 * What happens to the data of a removed volume, and when it may be deleted: decided here for every backend, done by each.
 */

export const removals = ['trash', 'delete', 'retain'] as const;
export type OnRemove = (typeof removals)[number];

/** Place of the data: in the trash, left where it was, or never ours. */
export type KeptData = 'trash' | 'in-place' | 'adopted';

interface RemovalParts {
  readonly onRemove: OnRemove;
  /** Milliseconds. */
  readonly retention: number;
  readonly holds: Holds;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface DecidedRemoval {
  /** RFC 3339, UTC. */
  readonly removedAt: string;
  readonly kept: KeptData;
  /** RFC 3339, UTC. Absent, like `hold`, if it is retained until an operator decides. */
  readonly purgeAfter?: string;
  readonly hold?: Hold;
}

/** Adopted data belongs to somebody else: it is forgotten after the retention, and never deleted. */
export function decideRemoval(
  { onRemove, retention, holds, now }: RemovalParts,
  data: 'owned' | 'adopted',
): DecidedRemoval {
  const removedAt = timeOf(now);
  const isAdopted = data === 'adopted';
  if (onRemove === 'retain') return { removedAt, kept: isAdopted ? 'adopted' : 'in-place' };
  const stay = onRemove === 'delete' && !isAdopted ? 0 : retention;
  return {
    removedAt,
    purgeAfter: timeOf(now + stay),
    kept: isAdopted ? 'adopted' : 'trash',
    hold: holds.begin(stay),
  };
}

/** Whether it was removed with `onRemove: delete`. */
export function isDueAtOnce({
  removedAt,
  purgeAfter,
}: Pick<DecidedRemoval, 'removedAt' | 'purgeAfter'>): boolean {
  return purgeAfter === removedAt;
}

/** A removal as found on the storage. */
interface FoundRemoval {
  /** Identifies this removal. */
  readonly key: string;
  readonly kept: KeptData;
  readonly purgeAfter?: string;
  readonly hold?: Hold;
  /** A checksum proves that it is unchanged. An unsealed record never causes a deletion. */
  readonly isSealed: boolean;
  /** Only the volume's own record exists: the time of the removal is unknown. */
  readonly isBare: boolean;
}

export interface PurgeDecision {
  readonly isDue: boolean;
  /** Why it is kept although the clock alone would delete it; for the log. */
  readonly doubt?: string;
  /** To be recorded on the storage, so that another daemon knows it. */
  readonly note?: Required<Pick<DecidedRemoval, 'purgeAfter' | 'hold'>>;
}

/** Both must be over: the time that was set at the removal, and the time that was observed. */
export function decidePurge(
  removal: FoundRemoval,
  { holds, retention, now }: Omit<RemovalParts, 'onRemove'>,
): PurgeDecision {
  const { key, kept, purgeAfter = '', hold, isSealed, isBare } = removal;
  // Retained until an operator decides.
  if (kept === 'in-place' || (purgeAfter === '' && !isBare)) return { isDue: false };
  const left = holds.left(key, hold ?? holds.begin(retention));
  if (!isSealed || hold === undefined) {
    const doubt = isBare ? {} : { doubt: notSealed };
    if (isSealed && left === 0) return { isDue: true, ...doubt };
    const stay = isSealed ? left : retention;
    return { isDue: false, ...doubt, note: { purgeAfter: timeOf(now + stay), hold: holds.begin(stay) } };
  }
  const note = holds.isStale(hold, left) ? { note: { purgeAfter, hold: holds.begin(left) } } : {};
  const isTimeOver = Date.parse(purgeAfter) <= now;
  if (isTimeOver && left > 0) return { isDue: false, doubt: describeDoubt(purgeAfter, left), ...note };
  return { isDue: isTimeOver, ...note };
}

function describeDoubt(purgeAfter: string, left: number): string {
  return `the clock says that its time was over at ${purgeAfter}, but ${Math.ceil(left / 60_000)} min of it were not observed: it is kept that much longer`;
}

const notSealed =
  'its record has no checksum, like those of earlier versions: it is kept for another trashRetention from now on';

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
