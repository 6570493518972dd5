import type { LedgerEntry } from './mount-ledger.ts';

/** What the kernel says of a staged volume. `hidden`: nobody was seen, but processes may be hidden from us. */
export type Use = 'used' | 'unused' | 'hidden';

export interface ReapFacts {
  readonly entry: LedgerEntry;
  readonly use: Use;
  /** Milliseconds since the epoch when somebody was last seen using it, or when we began to look. */
  readonly lastSeenUsed: number;
  readonly now: number;
  /** Milliseconds. */
  readonly grace: number;
  /** Milliseconds an unheld volume stays staged for a caller that gave up and will ask again. */
  readonly linger: number;
}

/** What the reaper does with a staged volume: nobody who may still use it loses it. */
export function decideReap(facts: ReapFacts): 'keep' | 'unstage' | 'drop-holders' {
  const { entry, use, now } = facts;
  if (use === 'used') return 'keep';
  if (entry.holders.size === 0) {
    return now - entry.lastMount >= facts.linger ? 'unstage' : 'keep';
  }
  if (use === 'hidden') return 'keep';
  if ([...entry.holders.values()].some((holder) => holder.kind === 'operator')) return 'keep';
  return now - Math.max(entry.lastMount, facts.lastSeenUsed) >= facts.grace ? 'drop-holders' : 'keep';
}
