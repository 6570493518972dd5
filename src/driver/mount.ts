import type { LedgerRecord } from '../core/mount-ledger.ts';
import type { MountId, VolumeName } from '../core/names.ts';
import type { Volume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { MountIdentity } from '../host/host.ts';
import { type DriverContext, mountpointOf, requireVolume } from './context.ts';
import { mountInTime } from './in-time.ts';
import { ensureStaged, undoStage } from './staging.ts';
import { forgive, takeBack } from './unmount.ts';
import type { Caller, Mounted } from './volume-driver.ts';

/**
 * Stages the volume and records the holder. A caller whose deadline passes gets `timeout` and does not hold the volume. The
 * staging continues, and a repeated call waits for it in the volume's queue.
 */
export function mountVolume(
  context: DriverContext,
  name: VolumeName,
  id: MountId,
  caller: Caller,
): Promise<Mounted> {
  return mountInTime(context, name, caller, (patient) =>
    context.queue.run(name, () => mountNow(context, name, id, patient)),
  );
}

async function mountNow(
  context: DriverContext,
  name: VolumeName,
  id: MountId,
  caller: Caller,
): Promise<Mounted> {
  const volume = await requireVolume(context, name);
  try {
    const seen = await ensureStaged(context, volume);
    return await hold(context, volume, id, seen, caller);
  } catch (error) {
    throw asVolumeError(error, `Volume ${name} could not be mounted`);
  }
}

/** Records the holder only if the answer can still be delivered: a caller that left never unmounts. */
async function hold(
  context: DriverContext,
  volume: Volume,
  id: MountId,
  seen: MountIdentity,
  caller: Caller,
): Promise<Mounted> {
  const { ledger, host } = context;
  const { name } = volume;
  const entry = ledger.get(name);
  const before = entry?.holders.get(id);
  const staged: readonly LedgerRecord[] = entry?.seen === seen ? [] : [{ kind: 'staged', name, seen }];
  const holder: LedgerRecord = { kind: 'hold', name, id, at: host.now(), mounts: (before?.mounts ?? 0) + 1 };
  if (!caller.gone()) {
    await recordOrUndo(context, volume, [...staged, holder]);
    forgive(context, name, id);
    if (!caller.gone()) return delivered(context, name, id);
    if (before === undefined) await ledger.write({ kind: 'drop', name, id });
  } else {
    await ledger.write({ kind: 'staged', name, seen });
  }
  throw new VolumeError(
    'timeout',
    `Volume ${name} is mounted, but the caller did not wait: the same call again is answered at once.`,
  );
}

/** If the holder cannot be recorded, a volume that was staged for this call is taken down. */
async function recordOrUndo(
  context: DriverContext,
  volume: Volume,
  records: readonly LedgerRecord[],
): Promise<void> {
  try {
    await context.ledger.write(...records);
  } catch (error) {
    const entry = context.ledger.get(volume.name);
    if (entry?.seen === undefined && entry?.holders.size === 0) await undoStage(context, volume);
    throw error;
  }
}

function delivered(context: DriverContext, name: VolumeName, id: MountId): Mounted {
  return { mountpoint: mountpointOf(context, name), undelivered: () => takeBack(context, name, id) };
}

/** Stages a held volume again that was unmounted by hand, or by a restart. */
export async function restage(context: DriverContext, volume: Volume): Promise<void> {
  const seen = await ensureStaged(context, volume);
  if (context.ledger.get(volume.name)?.seen === seen) return;
  await context.ledger.write({ kind: 'staged', name: volume.name, seen });
}
