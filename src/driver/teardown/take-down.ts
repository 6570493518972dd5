import type { LedgerEntry } from '../../core/mount-ledger.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { DriverContext } from '../context.ts';
import { dropHolders } from '../drop-holders.ts';
import { unstage } from '../staging.ts';
import { describeHolders, describeUse, seeUse } from '../use.ts';

/** Why an operator wants a volume off this host. */
export type Wish = 'remove' | 'release' | 'roll back' | 'grow' | 'modify';

/** What comes after the teardown, for a message, and why holders are dropped. */
const wishes: Readonly<Record<Wish, { readonly doing: string; readonly reason: string }>> = {
  remove: { doing: 'remove the volume', reason: 'removed, and not in use' },
  release: { doing: 'release the volume', reason: 'released by an operator, and not in use' },
  'roll back': { doing: 'roll it back', reason: 'rolled back, and not in use' },
  grow: { doing: 'enlarge it', reason: 'enlarged, and not in use' },
  modify: { doing: 'change it', reason: 'changed, and not in use' },
};

/** The kernel decides: a holder that uses nothing does not keep a volume forever. Throws `in-use`. */
export async function takeDown(context: DriverContext, entry: LedgerEntry, wish: Wish): Promise<void> {
  await refuseUse(context, entry, wish);
  await dropHolders(context, entry.volume.name, wishes[wish].reason);
  await unstage(context, entry.volume);
}

/** By a fresh look. Throws `in-use` for a volume that somebody uses, or may use in a moment, or took by hand. */
export async function refuseUse(context: DriverContext, entry: LedgerEntry, wish: Wish): Promise<void> {
  const { name } = entry.volume;
  const seen = await seeUse(context, name, 0);
  const { use } = seen;
  if (use === 'used') throw inUse(`Volume ${name} ${describeUse(seen)}, then ${wishes[wish].doing}.`);
  const operator = [...entry.holders.values()].some((holder) => holder.kind === 'operator');
  if (operator) {
    throw new VolumeError('in-use', `Volume ${name} is held by an operator.`, {
      waysOut: [{ act: 'unmount', volume: name, driver: context.name }],
    });
  }
  if (entry.holders.size === 0) return;
  if (use === 'hidden') {
    throw inUse(
      `Volume ${name} is held by ${describeHolders(entry)}, and other processes are hidden from Holdfast: unmount it first.`,
    );
  }
  const { startup, grace } = context.timings;
  const left = entry.lastMount + Math.min(startup, grace) - context.host.now();
  if (left > 0) {
    throw inUse(
      `Volume ${name} was mounted just now and may be used in a moment: unmount it, or try again in ${Math.ceil(left / 1000)} s.`,
    );
  }
}

function inUse(message: string): VolumeError {
  return new VolumeError('in-use', message);
}
