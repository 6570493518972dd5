import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import type { Disk, Instance } from '../ec2/ec2.ts';
import { isEc2Error } from '../ec2/refusals.ts';
import { publishedKey } from '../record/keys.ts';
import { publishedTags } from '../record/tags.ts';
import { deviceHere } from './disk-here.ts';
import { takePlace } from './own-places.ts';
import { explainAttach, otherZone } from './refusals.ts';
import { attachmentTo, doingAt, type Target, thisHost } from './target.ts';
import { freeOrOurs } from './until-free.ts';
import { usable } from './usable.ts';
import { waitUntil } from './wait-until.ts';

/** Milliseconds: most attaches take one to four seconds (docs/design/ebs-rules.md#durations). */
const attachTakes = 1_000;
/** Milliseconds: an attach that takes longer is stuck (docs/design/ebs-rules.md, rule 17). */
const stuckAfter = 90_000;

/** Somebody was faster, the device name was taken, or the disk is being modified: look again. */
const passing = ['VolumeInUse', 'IncorrectState', 'InvalidParameterValue', 'OperationNotPermitted'];
const mostAttempts = 5;
/** Milliseconds. */
const betweenAttempts = 1_000;

/** An attached disk as last looked at. */
export interface Attached {
  /** EC2's device name for it. */
  readonly device: string;
  readonly disk: Disk;
}

/**
 * Attaches the volume's disk, as just looked up, to the instance (default: this one) unless it is attached already. If the disk is
 * attached elsewhere: waits for it, takes it over with proof, or refuses with the reason.
 */
export async function attach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
  target?: Target,
): Promise<Attached> {
  const here = target ?? (await thisHost(context, signal));
  if (disk.zone !== here.zone) throw otherZone(volume, disk, here);
  for (let attempt = 1; ; attempt++) {
    const lookedAt = attempt === 1 ? disk : undefined;
    const free = await freeOrOurs(context, volume, disk.id, here, signal, lookedAt);
    const own = attachmentTo(free, here);
    if (own?.state === 'attached') return { device: own.device, disk: free };
    try {
      if (own !== undefined) return await waitAttached(context, volume, disk.id, own.device, here, signal);
      return await attachFree(context, volume, free, here, signal);
    } catch (error) {
      if (!isEc2Error(error)) throw error;
      if (!passing.includes(error.code) || attempt === mostAttempts)
        throw await explainAttach(context, volume, disk, here, error, signal);
      await context.clock.sleep(betweenAttempts, signal).catch(() => undefined);
    }
  }
}

/** The device name is reserved until the attach has ended. */
async function attachFree(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  here: Target,
  signal: AbortSignal,
): Promise<Attached> {
  const ec2 = await context.ec2();
  const instance = await ec2.instance(here.instanceId, signal);
  const place = await takePlace(context, volume, disk, { target: here, instance }, signal);
  try {
    return await attachInPlace(context, volume, disk, here, instance, signal);
  } finally {
    place.release();
  }
}

async function attachInPlace(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  here: Target,
  instance: Instance | undefined,
  signal: AbortSignal,
): Promise<Attached> {
  const { clock, log, driver } = context;
  const ec2 = await context.ec2();
  const lease = context.deviceNames.take([
    ...(instance?.devices.keys() ?? []),
    ...(here.notAs ? [here.notAs] : []),
  ]);
  const begun = clock.now();
  try {
    // Before the attach: an attached disk without a claim is taken for one that a killed daemon left.
    if (here.purpose === 'attached') await ec2.setTags([disk.id], publishedTags(here.instanceId), signal);
    const outcome = await ec2.attach(disk.id, here.instanceId, lease.name, signal);
    // Maybe that host was faster, and has it as its own.
    if (here.purpose === 'attached' && outcome === 'found')
      await ec2.removeTags([disk.id], [publishedKey], signal);
    const attached = await waitAttached(context, volume, disk.id, lease.name, here, signal, lease.failed);
    const ms = Math.round(clock.now() - begun);
    const { device } = attached;
    log.write('info', 'attached', { driver, volume: volume.name, disk: disk.id, device, ms });
    return attached;
  } catch (error) {
    if (isEc2Error(error, 'InvalidParameterValue')) lease.failed();
    throw error;
  } finally {
    lease.release();
  }
}

async function waitAttached(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  device: string,
  here: Target,
  signal: AbortSignal,
  onStuck: () => void = () => undefined,
): Promise<Attached> {
  const { clock, log, driver } = context;
  const ec2 = await context.ec2();
  const sentence = () =>
    `${doingAt(here, volume)}: its disk ${diskId} ` +
    (signal.aborted
      ? 'is still being attached: repeat the call to continue.'
      : `was still being attached after ${stuckAfter / 1000} s. It is being detached again: retry.`);
  // The kernel has the disk at about the time at which EC2 says `attached`.
  const sign = async () => here.isHere && (await deviceHere(context, volume, diskId, device)) !== undefined;
  const wait = { clock, sentence, signal, patience: stuckAfter, notBefore: attachTakes, sign };
  try {
    return await waitUntil(wait, async () => {
      const disk = usable(here, volume, diskId, await ec2.volume(diskId, signal));
      const own = attachmentTo(disk, here);
      return own?.state === 'attached' ? { device: own.device, disk } : undefined;
    });
  } catch (error) {
    const isStuck = error instanceof VolumeError && error.code === 'timeout' && !signal.aborted;
    if (!isStuck) throw error;
    // Usually the guest still uses the name: a detach and another name give the next try a clean start.
    onStuck();
    await ec2
      .detach(diskId, here.instanceId, undefined, signal)
      .catch((cause) => log.write('warn', 'detach-failed', { driver, volume: volume.name, error: cause }));
    throw error;
  }
}
