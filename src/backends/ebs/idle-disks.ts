import { attachmentHere } from './attach.ts';
import { detach } from './detach.ts';
import { isMountedHere } from './disk-here.ts';
import type { EbsContext } from './ebs-context.ts';
import { type FoundDisk, findAttachedTo, findDisk } from './find-disk.ts';

/** Milliseconds that a detach in the background is waited for; EC2 goes on with it, and the next round looks again. */
export const backgroundPatience = 30_000;

/**
 * Detaches what a daemon that died, or a detach that failed, left attached here: disks of ours that are mounted nowhere
 * and wait for nobody. One seen for the first time may be about to be mounted: it must be idle in two rounds.
 */
export async function detachIdle(context: EbsContext, signal: AbortSignal): Promise<void> {
  const { instanceId } = await context.whereabouts(signal);
  const before = new Set(context.idleBefore);
  context.idleBefore.clear();
  for (const found of await findAttachedTo(context, instanceId, signal)) {
    await detachIfIdle(context, found, before, signal).catch((error) =>
      context.log.write('warn', 'detach-failed', {
        driver: context.driver,
        volume: found.record.volume.name,
        error,
      }),
    );
  }
}

async function detachIfIdle(
  context: EbsContext,
  found: FoundDisk,
  before: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const { id } = found.disk;
  if (context.lingering.has(id) || !(await isIdle(context, found, signal))) return;
  context.idleBefore.add(id);
  if (!before.has(id)) return;
  await context.turns.ifIdle(id, async () => {
    // Meanwhile it may have been mounted, and unmounted again.
    const now = await findDisk(context, id, signal);
    if (now === undefined || context.lingering.has(id)) return;
    await detach(context, now.record.volume, now.disk, signal, backgroundPatience);
  });
}

async function isIdle(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  const own = attachmentHere(disk, await context.whereabouts(signal));
  return own !== undefined && !(await isMountedHere(context, record.volume, disk.id, own.device));
}
