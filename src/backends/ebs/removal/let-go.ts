import { VolumeError } from '../../../core/volume-error.ts';
import { detach } from '../attachment/detach.ts';
import { endUsers, stuckOn } from '../attachment/refusals.ts';
import { attachmentTo } from '../attachment/target.ts';
import type { EbsContext } from '../context.ts';
import type { Attachment, Disk } from '../ec2/ec2.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { isPublishedTo } from '../record/read-tags.ts';

/** Detaches it here; throws `in-use` if it is attached elsewhere. */
export async function letGo(
  context: EbsContext,
  found: FoundDisk,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const { disk, record } = found;
  const here = await context.whereabouts(signal);
  await refuseElsewhere(context, found, doing, signal);
  if (attachmentTo(disk, here) === undefined) return;
  if (isPublishedTo(disk.tags, here.instanceId)) throw publishedHere(disk, doing);
  await context.turns.inTurn(disk.id, doing, signal, () => detach(context, record.volume, disk, signal));
}

function publishedHere({ id }: Disk, doing: string): VolumeError {
  return new VolumeError(
    'in-use',
    `${doing}: its disk ${id} is attached to this host for an orchestrator, which may mount it at any moment: let it detach the volume first.`,
  );
}

export async function refuseElsewhere(
  context: EbsContext,
  { disk }: FoundDisk,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const here = await context.whereabouts(signal);
  const other = disk.attachments.find(
    (one) => one.instanceId !== here.instanceId && one.state !== 'detached',
  );
  if (other !== undefined) {
    throw new VolumeError('in-use', `${doing}: its disk ${disk.id} ${elsewhere(other)}`);
  }
}

function elsewhere({ instanceId, state }: Attachment): string {
  if (state === 'busy') return `is stuck: ${stuckOn(instanceId)}. ${endUsers(instanceId)} first.`;
  if (state === 'detaching') return `is being detached from ${instanceId}: retry when that is done.`;
  return `is attached to ${instanceId}: unmount it there first.`;
}
