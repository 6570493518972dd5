import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import type { Attachment, Disk, Ec2Error, Instance } from '../ec2/ec2.ts';
import { explainRefusal } from '../ec2/refusals.ts';
import { doingAt, hostWords, type Target } from './target.ts';

export function otherZone(volume: Volume, disk: Disk, here: Target): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doingAt(here, volume)}: its disk ${disk.id} is in ${disk.zone}, and ${hostWords(here)} is in ${here.zone}. ` +
      `Run the container in ${disk.zone}, or make a copy of the volume here, under another name (the option \`from\`).`,
  );
}

export function manyHolders(volume: Volume, disk: Disk, target: Target): VolumeError {
  const holders = disk.attachments.map(({ instanceId }) => instanceId).join(', ') || 'none yet';
  return new VolumeError(
    'conflict',
    `${doingAt(target, volume)}: its disk ${disk.id} may be attached to several instances at once (${holders}), ` +
      'and no file system here survives that. Turn Multi-Attach off.',
  );
}

/** The wait for a disk has timed out; `holder` is who had it when last seen. */
export function notFree(
  volume: Volume,
  diskId: string,
  target: Target,
  holder: Attachment | undefined,
): string {
  const doing = `${doingAt(target, volume)}: its disk ${diskId} did not become free in time`;
  if (holder?.state !== 'busy') return `${doing}. Look at it in the EC2 console.`;
  const where = holder.instanceId === target.instanceId ? hostWords(target) : holder.instanceId;
  return `${doing}: ${stuckOn(where)}. ${endUsers(where)}; if nothing uses it, reboot that machine.`;
}

/** EC2's state `busy`: a detach was requested, and the instance's kernel still uses the disk. */
export function stuckOn(where: string): string {
  return `it is being detached from ${where}, which still has it in use (EC2 has it as busy)`;
}

export function endUsers(where: string): string {
  return `End what has it mounted or open on ${where} (\`grep\` for the device in /proc/*/mountinfo)`;
}

/** `limit`: how many the instance takes, and who says so. */
export function fullInstance(
  volume: Volume,
  disk: Disk,
  { target, instance }: { readonly target: Target; readonly instance: Instance },
  limit: string,
  cause?: Ec2Error,
): VolumeError {
  const filled = [...instance.devices].map(([device, id]) => `${id} at ${device}`).join(', ');
  return new VolumeError(
    'unavailable',
    `${doingAt(target, volume)}: ${disk.id} was not attached: ${target.isHere ? 'this instance' : instance.id} (${instance.type}) ${limit}, and has ${filled}. ` +
      `Unmount a volume ${target.isHere ? 'here' : 'there'}, or use a larger instance.`,
    { cause },
  );
}

/** Why EC2 did not attach it, in words for the user. */
export async function explainAttach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  here: Target,
  error: Ec2Error,
  signal: AbortSignal,
): Promise<VolumeError> {
  const refusal = explainRefusal(`${doingAt(here, volume)}: ${disk.id} was not attached`, error);
  if (error.code !== 'AttachmentLimitExceeded') return refusal;
  const ec2 = await context.ec2();
  const instance = await ec2.instance(here.instanceId, signal);
  if (instance === undefined) return refusal;
  const limit = await ec2.attachLimit(instance.type, signal);
  const others = limit?.isShared ? ', network interfaces and local disks included' : '';
  const words = limit === undefined ? 'takes no more' : `takes ${limit.most}${others}`;
  return fullInstance(volume, disk, { target: here, instance }, words, error);
}
