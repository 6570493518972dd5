import type { EbsContext } from '../context.ts';
import { findDisk } from '../find/by-name.ts';
import { findAttachedTo } from '../find/lists.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { publishedKey } from '../record/keys.ts';
import { isPublishedTo } from '../record/read-tags.ts';
import { detach } from './detach.ts';
import { isMountedHere } from './disk-here.ts';
import { attachmentTo } from './target.ts';

/** Milliseconds to wait for a detach in the background; EC2 continues it, and the next round looks again. */
export const backgroundPatience = 30_000;

/**
 * Detaches disks of ours that a killed daemon or a failed detach left attached here, mounted nowhere and wanted by nobody. A disk
 * seen for the first time may be about to be mounted, so it must be idle in two rounds.
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
    // It may have been mounted and unmounted in the meantime.
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
  const own = attachmentTo(disk, await context.whereabouts(signal));
  if (own === undefined) return false;
  const isMounted = await isMountedHere(context, record.volume, disk.id, own.device);
  if (!isPublishedTo(disk.tags, own.instanceId)) return !isMounted;
  // A controller that died claimed it while it was being mounted here.
  if (isMounted) await (await context.ec2()).removeTags([disk.id], [publishedKey], signal);
  return false;
}
