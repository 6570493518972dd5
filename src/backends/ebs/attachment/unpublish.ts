import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import type { Attachment, Disk } from '../ec2/ec2.ts';
import { findReadable } from '../find/by-name.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { leavingKey, publishedKey } from '../record/keys.ts';
import { isPublishedTo } from '../record/read-tags.ts';
import { leavingTags } from '../record/tags.ts';
import { detach, detachFrom } from './detach.ts';
import { takeLingering } from './linger.ts';
import { takeFromHolder } from './take-over.ts';

/** Done if the volume is gone, or not attached there. */
export async function unpublishDisk(
  context: EbsContext,
  volume: Volume,
  instanceId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const doing = `Volume ${volume.name} could not be detached`;
  const { present } = await findReadable(context, volume.name, signal);
  if (present?.record.volume.id !== volume.id) return;
  const isMeant = (one: Pick<Attachment, 'instanceId'>) =>
    instanceId === undefined || one.instanceId === instanceId;
  await context.turns.inTurn(present.disk.id, doing, signal, async () => {
    const disk = await (await context.ec2()).volume(present.disk.id, signal);
    if (disk === undefined) return;
    const found = { ...present, disk };
    for (const one of disk.attachments)
      if (one.state !== 'detached' && isMeant(one)) await undo(context, found, one, signal);
  });
}

async function undo(
  context: EbsContext,
  found: FoundDisk,
  holder: Attachment,
  signal: AbortSignal,
): Promise<void> {
  const { disk, record } = found;
  const here = await context.whereabouts(signal);
  const ec2 = await context.ec2();
  let isPublished = isPublishedTo(disk.tags, holder.instanceId);
  if (holder.instanceId === here.instanceId) {
    takeLingering(context, record.volume);
    await detach(context, record.volume, disk, signal);
  } else {
    isPublished &&= await announce(context, disk, holder, signal);
    if (!isPublished) await requireDead(context, found, holder, signal);
    const asDevice = holder.device;
    const elsewhere = { ...holder, where: holder.instanceId, asDevice, sign: async () => false };
    await detachFrom(context, record.volume, disk, elsewhere, signal);
  }
  // After the detach: as long as it is attached, nobody else may take it for left over.
  if (isPublished) await ec2.removeTags([disk.id], [publishedKey, leavingKey], signal);
}

/** Says that the disk is about to be detached from there. False: that host took it for its own in the meantime. */
async function announce(
  context: EbsContext,
  { id }: Disk,
  { instanceId }: Attachment,
  signal: AbortSignal,
): Promise<boolean> {
  const ec2 = await context.ec2();
  await ec2.setTags([id], leavingTags(instanceId), signal);
  const now = await ec2.volume(id, signal);
  if (now !== undefined && isPublishedTo(now.tags, instanceId)) return true;
  await ec2.removeTags([id], [leavingKey], signal);
  return false;
}

/** That host mounted it since: it may still have it mounted, for others as well, and detaches it itself afterwards. */
async function requireDead(
  context: EbsContext,
  { disk, record: { volume } }: FoundDisk,
  holder: Attachment,
  signal: AbortSignal,
): Promise<void> {
  const outcome = await takeFromHolder(context, volume, disk, holder, { purpose: 'detached' }, signal);
  if (!(outcome instanceof VolumeError)) return;
  throw outcome;
}
