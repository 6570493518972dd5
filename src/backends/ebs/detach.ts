import type { Volume } from '../../core/volume.ts';
import { attachmentHere, current } from './attach.ts';
import type { EbsContext } from './ebs-context.ts';
import type { Disk } from './ec2.ts';
import { waitUntil } from './wait-until.ts';

/** Detaches the disk from this instance and waits until EC2 has it so. Not attached here: done. It must be unmounted. */
export async function detach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
): Promise<void> {
  const here = await context.whereabouts(signal);
  const ec2 = await context.ec2();
  const own = attachmentHere(disk, here);
  if (own === undefined) return;
  if (own.state !== 'detaching') await ec2.detach(disk.id, here.instanceId, signal);
  const sentence = `Volume ${volume.name} is unmounted, and its disk ${disk.id} is still being detached: it is tried again.`;
  await waitUntil({ clock: context.clock, sentence, signal }, async () => {
    const now = await current(context, volume, disk.id, signal);
    return attachmentHere(now, here) === undefined ? true : undefined;
  });
}
