import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { EbsContext } from './ebs-context.ts';
import type { Disk, Ec2Error, Instance } from './ec2.ts';
import { explainRefusal } from './ec2-explain.ts';
import type { Whereabouts } from './whereabouts.ts';

export function otherZone(volume: Volume, disk: Disk, here: Whereabouts): VolumeError {
  return new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its disk ${disk.id} is in ${disk.zone}, and this host in ${here.zone}. ` +
      `Run the container in ${disk.zone}, or copy the volume by a snapshot (\`-o snapshot=…\`).`,
  );
}

export function manyHolders(volume: Volume, disk: Disk): VolumeError {
  const holders = disk.attachments.map(({ instanceId }) => instanceId).join(', ') || 'none yet';
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: its disk ${disk.id} may be attached to several instances at once (${holders}), ` +
      'and no file system here survives that. Turn Multi-Attach off.',
  );
}

/** `limit`: what the instance takes, and who says so. */
export function fullInstance(
  volume: Volume,
  disk: Disk,
  instance: Instance,
  limit: string,
  cause?: Ec2Error,
): VolumeError {
  const filled = [...instance.devices].map(([device, id]) => `${id} at ${device}`).join(', ');
  return new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: ${disk.id} was not attached: this instance (${instance.type}) ${limit}, and has ${filled}. ` +
      'Unmount a volume here, or use a larger instance.',
    { cause },
  );
}

/** Why EC2 did not attach it, in the user's words. */
export async function explainAttach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  here: Whereabouts,
  error: Ec2Error,
  signal: AbortSignal,
): Promise<VolumeError> {
  const refusal = explainRefusal(
    `Volume ${volume.name} could not be mounted: ${disk.id} was not attached`,
    error,
  );
  if (error.code !== 'AttachmentLimitExceeded') return refusal;
  const ec2 = await context.ec2();
  const instance = await ec2.instance(here.instanceId, signal);
  if (instance === undefined) return refusal;
  const limit = await ec2.attachLimit(instance.type, signal);
  const others = limit?.isShared ? ', network interfaces and local disks included' : '';
  const words = limit === undefined ? 'takes no more' : `takes ${limit.most}${others}`;
  return fullInstance(volume, disk, instance, words, error);
}
