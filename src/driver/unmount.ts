import { type LedgerEntry, recoveredId } from '../core/mount-ledger.ts';
import type { MountId, VolumeName } from '../core/names.ts';
import type { DriverContext } from './context.ts';
import { unmountInTime } from './in-time.ts';
import { isKept } from './places/other-daemon.ts';
import { unstage } from './staging.ts';
import { confirmUse, isUsed } from './use.ts';

/**
 * Drops the holder, then takes the volume down if nobody holds or uses it. Always succeeds: clients never repeat a failed
 * Unmount, and a teardown that fails is repeated later.
 */
export function unmountVolume(context: DriverContext, name: VolumeName, id: MountId): Promise<void> {
  return inTurn(context, name, id, () => unmountNow(context, name, id));
}

/**
 * Takes back one Mount whose answer was not delivered. Others may have mounted by the same ID, as all callers without an ID do:
 * they keep the holder.
 */
export function takeBack(context: DriverContext, name: VolumeName, id: MountId): Promise<void> {
  return inTurn(context, name, id, async () => {
    const holder = context.ledger.get(name)?.holders.get(id);
    if (holder === undefined || holder.mounts <= 1) return unmountNow(context, name, id);
    const { at, mounts } = holder;
    await context.ledger.write({ kind: 'hold', name, id, at, mounts: mounts - 1 });
  });
}

function inTurn(
  context: DriverContext,
  name: VolumeName,
  id: MountId,
  act: () => Promise<void>,
): Promise<void> {
  return unmountInTime(context, name, id, context.queue.run(name, act));
}

async function unmountNow(context: DriverContext, name: VolumeName, id: MountId): Promise<void> {
  const { ledger, timings } = context;
  const entry = ledger.get(name);
  if (entry === undefined) return;
  const holder = entry.holders.get(id);
  const dropped = holderToDrop(entry, id);
  // An ID that was lost with the ledger is dropped only if nobody uses the volume. A second Mount by an ID may be a `docker cp`.
  const maxAge = holder?.mounts === 1 ? timings.lookAge : 0;
  if (dropped === recoveredId && (await isUsed(context, name, 0))) return;
  if (entry.holders.has(dropped)) await drop(context, name, dropped);
  await settle(context, name, maxAge);
}

/** An ID that was lost with the ledger stands for this one. */
export function holderToDrop({ holders }: LedgerEntry, id: MountId): MountId {
  return !holders.has(id) && holders.has(recoveredId) ? recoveredId : id;
}

/** A drop that cannot be recorded is owed: the Unmount was answered, and never comes again. */
async function drop({ ledger, owedDrops }: DriverContext, name: VolumeName, id: MountId): Promise<void> {
  const owed = new Set(owedDrops.get(name)).add(id);
  owedDrops.set(name, owed);
  await ledger.write({ kind: 'drop', name, id });
  forgive({ owedDrops }, name, id);
}

/** For a holder that mounted again, or was dropped. */
export function forgive(
  { owedDrops }: Pick<DriverContext, 'owedDrops'>,
  name: VolumeName,
  id: MountId,
): void {
  const left = new Set(owedDrops.get(name));
  left.delete(id);
  if (left.size === 0) owedDrops.delete(name);
  else owedDrops.set(name, left);
}

/**
 * Drops those whose Unmount could not be recorded, then takes the volume down if it can be. To be called in the volume's queue.
 */
export async function dropOwed(context: DriverContext, name: VolumeName): Promise<void> {
  for (const id of context.owedDrops.get(name) ?? []) await drop(context, name, id);
  await settle(context, name, 0);
}

/**
 * Takes the volume down if nobody holds it and no other mount namespace has it. To be called in the volume's queue. A Remove looks
 * again if another daemon has it mounted: it may hold it.
 */
export async function settle(context: DriverContext, name: VolumeName, maxAge: number): Promise<void> {
  const entry = context.ledger.get(name);
  if (entry === undefined || entry.holders.size > 0) return;
  const age = isDetached(context) ? 0 : maxAge;
  const seen = await confirmUse(context, name, age);
  if (await isKept(context, name, seen)) {
    context.lastSeenUsed.set(name, context.host.now());
    return;
  }
  await unstage(context, entry.volume);
  if (age > 0 || seen.use === 'used') context.takenDownUnseen.add(name);
  else context.takenDownUnseen.delete(name);
}

/** A bind is quickly put back for another check. A disk needs seconds and requests, so it is taken down only on a fresh check. */
function isDetached({ backend: { capabilities } }: DriverContext): boolean {
  return capabilities.scope === 'global' && capabilities.sharing === 'one-host';
}
