import { attachmentHere } from './attach.ts';
import { detach } from './detach.ts';
import { findDevice } from './disk-device.ts';
import { isDiskMounted } from './disk-held.ts';
import type { EbsContext } from './ebs-context.ts';
import { type FoundDisk, findAll } from './find-disk.ts';

/**
 * Detaches what a daemon that died, or a detach that failed, left attached here: disks of ours that are mounted nowhere
 * and wait for nobody. One seen for the first time may be about to be mounted: it must be idle in two rounds.
 */
export async function detachIdle(context: EbsContext, signal: AbortSignal): Promise<void> {
  const here = await context.whereabouts(signal);
  const attached = (await findAll(context, signal)).filter(
    ({ disk }) => attachmentHere(disk, here)?.state === 'attached',
  );
  const idle: string[] = [];
  for (const found of attached) {
    if (context.lingering.has(found.disk.id) || (await isInUse(context, found, signal))) continue;
    idle.push(found.disk.id);
    if (!context.idleBefore.has(found.disk.id)) continue;
    await detach(context, found.record.volume, found.disk, signal).catch((error) =>
      context.log.write('warn', 'detach-failed', {
        driver: context.driver,
        volume: found.record.volume.name,
        error,
      }),
    );
  }
  context.idleBefore.clear();
  for (const id of idle) context.idleBefore.add(id);
}

/** In doubt it is in use. */
async function isInUse(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  const here = await context.whereabouts(signal);
  const requested = attachmentHere(disk, here)?.device ?? '';
  const parts = { files: context.host.files, folders: context.folders, clock: context.clock };
  try {
    const device = await findDevice(parts, { volume: record.volume, diskId: disk.id, requested }, 0, signal);
    return await isDiskMounted(context.host.files, device.number);
  } catch {
    return true;
  }
}
