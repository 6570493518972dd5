import type { LedgerEntry } from '../mount-ledger.ts';

/** What the kernel shows of a staged volume. `hidden`: no user was seen, but processes may be hidden from us. */
export type Use = 'used' | 'unused' | 'hidden';

export interface ReapFacts {
  readonly entry: LedgerEntry;
  readonly use: Use;
  /** When it was last seen in use, or when we began to look; in milliseconds since the epoch. */
  readonly lastSeenUsed: number;
  readonly now: number;
  /** Milliseconds. */
  readonly grace: number;
  /** Milliseconds that a volume without holders stays staged for a caller that gave up and will ask again. */
  readonly linger: number;
}

/** `restage`: it is held, but an earlier attempt to mount it again failed. */
export type ReapDecision = 'keep' | 'unstage' | 'drop-holders' | 'restage';

/** What the reaper does with a volume of the ledger. A possible user never loses it. */
export function decideReap(facts: ReapFacts): ReapDecision {
  const { entry, use, now } = facts;
  if (use === 'used') return 'keep';
  if (entry.holders.size === 0) {
    return now - entry.lastMount >= facts.linger ? 'unstage' : 'keep';
  }
  const kept = entry.seen === undefined ? 'restage' : 'keep';
  if (use === 'hidden') return kept;
  if ([...entry.holders.values()].some((holder) => holder.kind === 'operator')) return kept;
  return now - Math.max(entry.lastMount, facts.lastSeenUsed) >= facts.grace ? 'drop-holders' : kept;
}
