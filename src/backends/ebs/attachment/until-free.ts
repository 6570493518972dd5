import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import type { Attachment, Disk } from '../ec2/ec2.ts';
import { manyHolders, notFree } from './refusals.ts';
import { takeFromHolder } from './take-over.ts';
import type { Target } from './target.ts';
import { usable } from './usable.ts';
import { waitUntil } from './wait-until.ts';

/** Milliseconds that a live holder has to let go: the mount here often comes just before the unmount there. */
const handOver = 15_000;
const longestHandOver = 90_000;
/** Milliseconds between two looks at a disk that may become free at any moment. */
const handOverPause = 2_500;

/** The disk once it is attached to nobody, or to this instance. */
export async function freeOrOurs(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  here: Target,
  signal: AbortSignal,
  lookedAt: Disk | undefined,
): Promise<Disk> {
  const { clock, settings } = context;
  // Hosts mostly have the same settings: a disk that lingers there is released within that time.
  const until = clock.now() + Math.min(handOver + settings.linger, longestHandOver);
  let takenFrom = '';
  let first = lookedAt;
  let last: Attachment | undefined;
  const sentence = () => notFree(volume, diskId, here, last);
  return waitUntil({ clock, sentence, signal, longestPause: handOverPause }, async () => {
    const now = usable(here, volume, diskId, first ?? (await (await context.ec2()).volume(diskId, signal)));
    first = undefined;
    const live = now.attachments.filter(({ state }) => state !== 'detached');
    if (live.length > 1 || now.isMultiAttach) throw manyHolders(volume, now, here);
    const [holder] = live;
    last = holder;
    if (holder === undefined) return now.state === 'available' ? now : undefined;
    if (holder.instanceId === here.instanceId)
      return holder.state === 'attached' || holder.state === 'attaching' ? now : undefined;
    if (holder.instanceId === takenFrom) return undefined;
    const outcome = await takeFromHolder(context, volume, now, holder, here, signal);
    if (outcome === 'taken') takenFrom = holder.instanceId;
    if (outcome instanceof VolumeError && (clock.now() >= until || signal.aborted)) throw outcome;
    return undefined;
  });
}
