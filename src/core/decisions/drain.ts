import { type HolderKind, operatorId } from '../mount-ledger.ts';
import type { Act } from '../way-out.ts';
import type { Use } from './reap.ts';

export interface DrainFacts {
  readonly use: Use;
  readonly holders: readonly { readonly id: string; readonly kind: HolderKind }[];
  readonly scope: 'local' | 'global';
  readonly sharing: 'one-host' | 'many-hosts';
  readonly access: 'read-write' | 'read-only';
  /** Its Unmount was answered and not recorded, it is held and not mounted, or its mount is dead. */
  readonly isUnsettled: boolean;
}

export interface DrainVerdict {
  /**
   * `free`: nobody has it. `in-use`: somebody would lose it in the middle of what it does. `held`: nobody is seen using it, but it was
   * not given back. `unknown`: processes are hidden from the daemon.
   */
  readonly state: 'free' | 'held' | 'in-use' | 'unknown';
  /** A writer would be cut off. */
  readonly cutsWriter: boolean;
  /** Where its data is available while this host is down. */
  readonly after: 'nowhere' | 'on another host' | 'on all hosts';
  /** One sentence, with the way out unless that is an act. */
  readonly why: string;
  readonly act?: Act;
}

/** What a stop of this host would do to a volume that is mounted on it. */
export function drainVerdict(facts: DrainFacts): DrainVerdict {
  const state = stateOf(facts);
  return {
    state,
    cutsWriter: (state === 'in-use' || state === 'unknown') && facts.access === 'read-write',
    after: afterOf(facts),
    why: whyOf(state, facts),
    ...(isOperators(state, facts) ? { act: 'unmount' } : {}),
  };
}

function stateOf({ use, holders, isUnsettled }: DrainFacts): DrainVerdict['state'] {
  if (use === 'used') return 'in-use';
  if (holders.length > 0 || isUnsettled) return use === 'hidden' ? 'unknown' : 'held';
  return use === 'hidden' ? 'unknown' : 'free';
}

function afterOf({ scope, sharing }: DrainFacts): DrainVerdict['after'] {
  if (scope === 'local') return 'nowhere';
  return sharing === 'many-hosts' ? 'on all hosts' : 'on another host';
}

function whyOf(state: DrainVerdict['state'], { holders, isUnsettled }: DrainFacts): string {
  if (state === 'free') return 'Nobody has it.';
  if (state === 'in-use') return 'Somebody uses it: stop or move them first.';
  if (state === 'unknown') return 'The daemon cannot see all processes: check yourself that nobody uses it.';
  if (isOperators(state, { holders })) return 'An operator holds it.';
  if (isUnsettled) return 'It is unsettled, and the daemon tries again: wait.';
  return 'It is held and not used: a container may be starting, or its Unmount was lost: wait.';
}

function isOperators(state: DrainVerdict['state'], { holders }: Pick<DrainFacts, 'holders'>): boolean {
  return state === 'held' && holders.some(({ id }) => id === operatorId);
}
