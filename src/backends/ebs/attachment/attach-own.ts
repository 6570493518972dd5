import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import type { Disk } from '../ec2/ec2.ts';
import { leavingKey, publishedKey } from '../record/keys.ts';
import { isLeaving, isPublishedTo } from '../record/read-tags.ts';
import { attach } from './attach.ts';
import { detach } from './detach.ts';
import { thisHost } from './target.ts';

/**
 * Attaches the disk, as just looked up, to this host as its own: from here on, nobody else detaches it, because its users may be others
 * than the orchestrator's. Returns EC2's device name for it.
 */
export async function attachOwn(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
): Promise<string> {
  const ec2 = await context.ec2();
  const { instanceId } = await context.whereabouts(signal);
  const attached = await attach(context, volume, disk, signal);
  let now: Disk | undefined = attached.disk;
  if (isPublishedTo(now.tags, instanceId)) {
    await ec2.removeTags([disk.id], [publishedKey], signal);
    // A controller announces its detach, and then looks for the claim: one of the two sees the other.
    now = await ec2.volume(disk.id, signal);
  }
  if (now === undefined || !isLeaving(now.tags, instanceId)) return attached.device;
  // It is about to detach the disk, or died on the way. Nothing is mounted yet, so this host does it.
  await detach(context, volume, now, signal);
  await ec2.removeTags([disk.id], [leavingKey], signal);
  const free = await ec2.volume(disk.id, signal);
  const again = { ...(await thisHost(context, signal)), notAs: attached.device };
  return (await attach(context, volume, free ?? now, signal, again)).device;
}
