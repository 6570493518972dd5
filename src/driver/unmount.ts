import { recoveredId } from '../core/mount-ledger.ts';
import type { MountId, VolumeName } from '../core/names.ts';
import type { DriverContext } from './context.ts';
import { within } from './deadline.ts';
import { unstage } from './staging.ts';
import { isUsed } from './use.ts';

/**
 * Drops the holder, then takes down what nobody holds or uses. Always succeeds: clients never repeat an Unmount that
 * failed, and what cannot be taken down yet is taken down later.
 */
export function unmountVolume(context: DriverContext, name: VolumeName, id: MountId): Promise<void> {
  return inTurn(context, name, id, () => unmountNow(context, name, id));
}

/**
 * Takes back one Mount whose answer nobody got. Others may have mounted by the same ID before or since, as all callers
 * without an ID do: the holder stays theirs.
 */
export function takeBack(context: DriverContext, name: VolumeName, id: MountId): Promise<void> {
  return inTurn(context, name, id, async () => {
    const holder = context.ledger.get(name)?.holders.get(id);
    if (holder === undefined || holder.mounts <= 1) return unmountNow(context, name, id);
    const { at, mounts } = holder;
    await context.ledger.write({ kind: 'hold', name, id, at, mounts: mounts - 1 });
  });
}

async function inTurn(
  context: DriverContext,
  name: VolumeName,
  id: MountId,
  act: () => Promise<void>,
): Promise<void> {
  const work = context.queue.run(name, act);
  try {
    await within(work, context.timings.callDeadline, `Volume ${name} is still being unmounted.`);
  } catch (error) {
    context.log.write('warn', 'unmount-goes-on', { driver: context.name, volume: name, id, error });
  }
}

async function unmountNow(context: DriverContext, name: VolumeName, id: MountId): Promise<void> {
  const { ledger, timings } = context;
  const entry = ledger.get(name);
  if (entry === undefined) return;
  const holder = entry.holders.get(id);
  const dropped = holder === undefined && entry.holders.has(recoveredId) ? recoveredId : id;
  // An ID lost with the ledger is dropped only with proof; one that was mounted again while it held may be a `docker cp`.
  const maxAge = holder?.mounts === 1 ? timings.lookAge : 0;
  if (dropped === recoveredId && (await isUsed(context, name, 0))) return;
  if (entry.holders.has(dropped)) await ledger.write({ kind: 'drop', name, id: dropped });
  await settle(context, name, maxAge);
}

/** Takes the volume down if nobody holds it and no other mount namespace has it. To be called in the volume's queue. */
export async function settle(context: DriverContext, name: VolumeName, maxAge: number): Promise<void> {
  const entry = context.ledger.get(name);
  if (entry === undefined || entry.holders.size > 0) return;
  const age = isDetached(context) ? 0 : maxAge;
  if (await isUsed(context, name, age)) {
    context.lastSeenUsed.set(name, context.host.now());
    return;
  }
  await unstage(context, entry.volume);
  if (age > 0) context.takenDownUnseen.add(name);
  else context.takenDownUnseen.delete(name);
}

/** A bind is soon put back for another look; a disk takes seconds and requests to come back, so its look is a fresh one. */
function isDetached({ backend: { capabilities } }: DriverContext): boolean {
  return capabilities.scope === 'global' && capabilities.sharing === 'one-host';
}
