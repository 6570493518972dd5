import type { LedgerEntry } from '../core/mount-ledger.ts';
import type { VolumeName } from '../core/names.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import { type DriverContext, lookupVolume, mountpointOf } from './context.ts';
import { within, withSignal } from './deadline.ts';
import { restage } from './mount.ts';
import { unstage } from './staging.ts';
import { describeUsers, seeUse } from './use.ts';

export async function removeVolume(context: DriverContext, name: VolumeName): Promise<void> {
  const work = context.queue.run(name, () => removeNow(context, name));
  await within(
    work,
    context.timings.callDeadline,
    `Volume ${name} is still being removed: the work goes on, and the same call again joins it.`,
  );
}

async function removeNow(context: DriverContext, name: VolumeName): Promise<void> {
  const { backend, catalog, ledger, timings, host } = context;
  try {
    await putBackUnseen(context, name);
    const entry = ledger.get(name);
    if (entry) await takeDown(context, entry);
    const volume = await lookupVolume(context, name, timings.callDeadline);
    if (volume) await withSignal(timings.workDeadline, (signal) => backend.remove(volume, signal));
    catalog.delete(name);
    await host.files.removeDirectory(mountpointOf(context, name));
  } catch (error) {
    throw asVolumeError(error, `Volume ${name} could not be removed`);
  }
}

/**
 * What was taken down without a fresh look is mounted once more, so that the kernel can be asked who has it: a container's
 * own bind lives on when ours goes. Where that fails nobody's use can be told apart, and nothing was ever seen.
 */
async function putBackUnseen(context: DriverContext, name: VolumeName): Promise<void> {
  const volume = context.catalog.get(name);
  if (!context.takenDownUnseen.delete(name) || volume === undefined || context.ledger.get(name)) return;
  await restage(context, volume).catch((error) =>
    context.log.write('warn', 'use-unknown', { driver: context.name, volume: name, error }),
  );
}

/** The kernel decides: holders that nobody stands behind any more do not keep a volume for ever. */
async function takeDown(context: DriverContext, entry: LedgerEntry): Promise<void> {
  const { name } = entry.volume;
  await refuseUse(context, entry);
  for (const id of entry.holders.keys()) {
    context.log.write('warn', 'holder-dropped', {
      driver: context.name,
      volume: name,
      id,
      reason: 'removed, and not in use',
    });
    await context.ledger.write({ kind: 'drop', name, id });
  }
  await unstage(context, entry.volume);
}

async function refuseUse(context: DriverContext, entry: LedgerEntry): Promise<void> {
  const { name } = entry.volume;
  const { use, users } = await seeUse(context, name, 0);
  if (use === 'used') {
    throw inUse(`Volume ${name} is in use by ${describeUsers(users)}: stop it, then remove the volume.`);
  }
  const operator = [...entry.holders.values()].some((holder) => holder.kind === 'operator');
  if (operator) {
    throw inUse(
      `Volume ${name} is held by an operator: run \`holdfast volume unmount ${name}\`, then remove it.`,
    );
  }
  if (entry.holders.size === 0) return;
  if (use === 'hidden') {
    throw inUse(
      `Volume ${name} is held by ${entry.holders.size} mount(s), and other processes are hidden from Holdfast: unmount it first.`,
    );
  }
  const { startup, grace } = context.timings;
  const left = entry.lastMount + Math.min(startup, grace) - context.host.now();
  if (left > 0) {
    throw inUse(
      `Volume ${name} was mounted just now and may be about to be used: unmount it, or try again in ${Math.ceil(left / 1000)} s.`,
    );
  }
}

function inUse(message: string): VolumeError {
  return new VolumeError('in-use', message);
}
