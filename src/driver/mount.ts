import type { LedgerRecord } from '../core/mount-ledger.ts';
import type { MountId, VolumeName } from '../core/names.ts';
import type { Volume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { MountIdentity } from '../host/host.ts';
import { type DriverContext, mountpointOf, requireVolume } from './context.ts';
import { within } from './deadline.ts';
import { ensureStaged } from './staging.ts';
import { takeBack } from './unmount.ts';
import type { Caller, Mounted } from './volume-driver.ts';

/**
 * Stages the volume and records the holder. A caller whose deadline passes gets `timeout` and is no holder; the staging
 * goes on, and the same call again waits behind it in the volume's queue.
 */
export async function mountVolume(
  context: DriverContext,
  name: VolumeName,
  id: MountId,
  caller: Caller,
): Promise<Mounted> {
  let late = false;
  const work = context.queue.run(name, () =>
    mountNow(context, name, id, { gone: () => late || caller.gone() }),
  );
  const answer = within(
    work,
    context.timings.longDeadline,
    `Volume ${name} is still being mounted: the work goes on, and the same call again joins it.`,
  );
  return answer.catch((error) => {
    late = true;
    throw error;
  });
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

/** Records the holder only while an answer can still be delivered: nobody would ever unmount for a caller that left. */
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
    await ledger.write(...staged, holder);
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

function delivered(context: DriverContext, name: VolumeName, id: MountId): Mounted {
  return { mountpoint: mountpointOf(context, name), undelivered: () => takeBack(context, name, id) };
}

/** Stages again what is held but was unmounted behind our back, or by a restart. */
export async function restage(context: DriverContext, volume: Volume): Promise<void> {
  const seen = await ensureStaged(context, volume);
  if (context.ledger.get(volume.name)?.seen === seen) return;
  await context.ledger.write({ kind: 'staged', name: volume.name, seen });
}
