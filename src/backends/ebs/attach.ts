import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { EbsContext } from './ebs-context.ts';
import { type Attachment, type Disk, Ec2Error } from './ec2.ts';
import { takeFromHolder } from './take-over.ts';
import { waitUntil } from './wait-until.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Milliseconds: an attach that takes longer is stuck (facts: AWS's own advice is to begin anew). */
const stuckAfter = 90_000;

/**
 * Attaches the volume's disk to this instance unless it is; returns the device name that EC2 has for it. What is attached
 * elsewhere is waited for, taken over with proof, or refused with the reason.
 */
export async function attach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
): Promise<string> {
  const here = await context.whereabouts(signal);
  refuseOtherZone(volume, disk, here);
  const free = await freeOrOurs(context, volume, disk, here, signal);
  const own = attachmentHere(free, here);
  if (own?.state === 'attached') return own.device;
  if (own === undefined) await beginAttach(context, volume, free, here, signal);
  return waitAttached(context, volume, disk.id, here, signal);
}

function refuseOtherZone(volume: Volume, disk: Disk, here: Whereabouts): void {
  if (disk.zone === here.zone) return;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its disk ${disk.id} is in ${disk.zone}, and this host in ${here.zone}. ` +
      `Run the container in ${disk.zone}, or copy the volume by a snapshot (\`-o snapshot=…\`).`,
  );
}

export function attachmentHere(disk: Disk, { instanceId }: Whereabouts): Attachment | undefined {
  return disk.attachments.find((one) => one.instanceId === instanceId && one.state !== 'detached');
}

/** The disk once it is attached to nobody, or to this instance. */
async function freeOrOurs(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  here: Whereabouts,
  signal: AbortSignal,
): Promise<Disk> {
  const ec2 = await context.ec2();
  const sentence = `Volume ${volume.name} could not be mounted: its disk ${disk.id} did not become free in time. Look at it in the EC2 console.`;
  return waitUntil({ clock: context.clock, sentence, signal }, async () => {
    const now = await current(context, volume, disk.id, signal);
    const live = now.attachments.filter(({ state }) => state !== 'detached');
    if (live.length > 1 || now.isMultiAttach) throw manyHolders(volume, now);
    const [holder] = live;
    if (holder === undefined) return now.state === 'available' ? now : undefined;
    if (holder.instanceId !== here.instanceId) {
      await takeFromHolder(context, ec2, volume, now, holder, signal);
      return undefined;
    }
    return holder.state === 'attached' || holder.state === 'attaching' ? now : undefined;
  });
}

async function beginAttach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  here: Whereabouts,
  signal: AbortSignal,
): Promise<void> {
  const ec2 = await context.ec2();
  const instance = await ec2.instance(here.instanceId, signal);
  const lease = context.deviceNames.take([...(instance?.devices.keys() ?? [])]);
  try {
    await ec2.attach(disk.id, here.instanceId, lease.name, signal);
  } catch (error) {
    lease.failed();
    if (!(error instanceof Ec2Error)) throw error;
    throw await explainAttach(context, volume, disk, here, error, signal);
  } finally {
    lease.release();
  }
}

async function waitAttached(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  here: Whereabouts,
  signal: AbortSignal,
): Promise<string> {
  const sentence = `Volume ${volume.name} could not be mounted: its disk ${diskId} was not attached in time.`;
  try {
    return await waitUntil({ clock: context.clock, sentence, signal, patience: stuckAfter }, async () => {
      const own = attachmentHere(await current(context, volume, diskId, signal), here);
      return own?.state === 'attached' ? own.device : undefined;
    });
  } catch (error) {
    // Stuck in `attaching`: a detach gives the next try a clean start.
    if (!signal.aborted) await (await context.ec2()).detach(diskId, here.instanceId, signal);
    throw error;
  }
}

export async function current(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  signal: AbortSignal,
): Promise<Disk> {
  const disk = await (await context.ec2()).volume(diskId, signal);
  if (disk !== undefined && disk.state !== 'deleted' && disk.state !== 'deleting') return disk;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its disk ${diskId} does not exist any more: restore it from a snapshot.`,
  );
}

function manyHolders(volume: Volume, disk: Disk): VolumeError {
  const holders = disk.attachments.map(({ instanceId }) => instanceId).join(', ') || 'none yet';
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: its disk ${disk.id} may be attached to several instances at once (${holders}), ` +
      'and no file system here survives that. Turn Multi-Attach off.',
  );
}

async function explainAttach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  here: Whereabouts,
  error: Ec2Error,
  signal: AbortSignal,
): Promise<VolumeError> {
  const doing = `Volume ${volume.name} could not be mounted: EC2 did not attach ${disk.id}`;
  if (error.code !== 'AttachmentLimitExceeded') {
    return new VolumeError('unavailable', `${doing}: ${error.message} (${error.code}).`, { cause: error });
  }
  const ec2 = await context.ec2();
  const instance = await ec2.instance(here.instanceId, signal);
  const limit = instance && (await ec2.attachLimit(instance.type, signal));
  const filled = [...(instance?.devices ?? [])].map(([device, id]) => `${id} at ${device}`).join(', ');
  const most =
    limit === undefined
      ? ''
      : ` takes ${limit.most}${limit.isShared ? ', network interfaces and local disks included' : ''} and`;
  return new VolumeError(
    'unavailable',
    `${doing}: this instance (${instance?.type ?? here.instanceId})${most} has ${filled}. Unmount a volume here, or use a larger instance.`,
    { cause: error },
  );
}
