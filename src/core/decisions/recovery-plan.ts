import type { VolumeName } from '../names.ts';

/** One step of recovery, as `holdfast recover --dry-run` prints it. */
export interface RecoveryStep {
  /**
   * - `thaw`: a snapshot was not finished, so its file system may be frozen: let it be written again
   * - `restage`: held, but not mounted any more: make it available again
   * - `unstage`: half done, or nobody holds or uses it: take it down
   * - `give-up`: mounted, but its disk was taken from this host: take the dead mount down, and drop its holders
   * - `forget`: held, not mounted, and its storage says that it is gone: drop it from the ledger
   * - `adopt`: mounted, but not in the ledger: take it as held, until nobody uses it for the grace period
   */
  readonly action: 'thaw' | 'restage' | 'unstage' | 'give-up' | 'forget' | 'adopt';
  readonly volume: VolumeName;
  /** The facts behind the decision, in words. */
  readonly why: string;
}

/** What ledger, kernel and storage say about one volume. */
export interface RecoveryFacts {
  readonly volume: VolumeName;
  /** `unfinished`: staging was begun and not ended. */
  readonly ledger: 'absent' | 'unfinished' | 'staged';
  readonly held: boolean;
  /** `lost`: what was staged, of a volume that was taken from this host. `other`: something else is mounted there. */
  readonly kernel: 'bare' | 'ours' | 'lost' | 'other';
  /** A snapshot of it was begun and not finished. */
  readonly frozen: boolean;
  /** Another mount namespace has it. */
  readonly used: boolean;
  /** `unknown`: the storage cannot tell now. */
  readonly storage: 'exists' | 'gone' | 'unknown';
}

/**
 * The steps after which a volume is mounted if and only if it is held or used, and not lost. None where nothing is to be done.
 */
export function planRecovery(facts: readonly RecoveryFacts[]): readonly RecoveryStep[] {
  return facts.flatMap((fact) =>
    [fact.frozen ? thaw : undefined, planOne(fact)].flatMap((step) =>
      step === undefined ? [] : [{ ...step, volume: fact.volume }],
    ),
  );
}

type Decision = Omit<RecoveryStep, 'volume'>;

const thaw: Decision = { action: 'thaw', why: 'a snapshot of it was begun and not finished' };

function planOne(fact: RecoveryFacts): Decision | undefined {
  if (fact.ledger === 'absent') return planUnknown(fact);
  if (fact.ledger === 'unfinished') return planUnfinished(fact);
  if (fact.kernel === 'lost')
    return { action: 'give-up', why: 'it was taken from this host, and its mount leads nowhere any more' };
  if (fact.held) return planHeld(fact);
  return fact.used ? undefined : { action: 'unstage', why: 'nobody holds it and nobody uses it' };
}

function planUnknown(fact: RecoveryFacts): Decision | undefined {
  // A mount of a volume that the storage does not have is left alone: it can be neither staged nor unstaged.
  if (fact.kernel === 'bare' || fact.storage !== 'exists') return undefined;
  return { action: 'adopt', why: 'it is mounted, but the ledger does not know it' };
}

function planUnfinished(fact: RecoveryFacts): Decision {
  if (fact.used) return { action: 'adopt', why: 'staging was not finished, but somebody uses it' };
  if (fact.held) return { action: 'restage', why: 'it is held, and staging it again was not finished' };
  return { action: 'unstage', why: 'staging was begun and not finished' };
}

function planHeld(fact: RecoveryFacts): Decision | undefined {
  if (fact.kernel === 'ours') return undefined;
  if (fact.kernel === 'other') {
    if (fact.used) return undefined;
    return { action: 'restage', why: 'it is held, but something else is mounted in its place' };
  }
  if (fact.storage === 'gone')
    return { action: 'forget', why: 'it is held, but not mounted, and its storage does not have it' };
  return { action: 'restage', why: 'it is held, but not mounted' };
}
