import { VolumeError } from '../../../core/volume-error.ts';
import { waitUntil } from '../attachment/wait-until.ts';
import type { EbsContext } from '../context.ts';
import type { Snapshot } from '../ec2/ec2.ts';
import { notGone } from '../not-gone.ts';

/**
 * EC2 makes a volume only of a complete snapshot, which takes from seconds to hours: as long as copying what was written. Throws
 * `not-found` if somebody deletes it meanwhile.
 */
export async function awaitComplete(
  context: EbsContext,
  stored: Snapshot,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  if (stored.state === 'completed') return;
  const ec2 = await context.ec2();
  const { clock } = context;
  const gone = () => new VolumeError('not-found', `${doing}: somebody deleted its snapshot ${stored.id}.`);
  const look = notGone(clock, () => ec2.snapshot(stored.id, signal), gone);
  let percent = stored.progress;
  const sentence = () =>
    `${doing}: EC2 has copied ${percent} % of its snapshot ${stored.id} so far: repeat the call to continue.`;
  await waitUntil({ clock, sentence, signal }, async () => {
    const now = await look();
    percent = now?.progress ?? percent;
    if (now?.state === 'error')
      throw new VolumeError('failed', `${doing}: EC2 could not make its snapshot ${stored.id}: retry.`);
    return now?.state === 'completed' ? now : undefined;
  });
}
