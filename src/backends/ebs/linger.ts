import type { VolumeName } from '../../core/names.ts';
import type { Volume } from '../../core/volume.ts';
import { detach } from './detach.ts';
import type { EbsContext } from './ebs-context.ts';
import { type FoundDisk, findDisk } from './find-disk.ts';
import { backgroundPatience } from './idle-disks.ts';

/** An unmounted volume that stays attached here for a while. */
export interface Lingering {
  readonly timer: NodeJS.Timeout;
  readonly found: FoundDisk;
}

/** Detaches it when `linger` is over. */
export function linger(context: EbsContext, found: FoundDisk): void {
  const { id } = found.disk;
  clearTimeout(context.lingering.get(id)?.timer);
  const timer = setTimeout(() => void detachLater(context, found), context.settings.linger);
  context.lingering.set(id, { timer: timer.unref(), found });
}

/** No host can remove what is attached to this one: as long as it lingers, it is what it was. */
export function lingeringAs({ lingering }: EbsContext, name: VolumeName): FoundDisk | undefined {
  for (const { found } of lingering.values()) if (found.record.volume.name === name) return found;
  return undefined;
}

/** It is mounted again: it lingers no more. */
export function takeLingering(context: EbsContext, volume: Volume): FoundDisk | undefined {
  const found = lingeringAs(context, volume.name);
  if (found === undefined) return undefined;
  clearTimeout(context.lingering.get(found.disk.id)?.timer);
  context.lingering.delete(found.disk.id);
  return found.record.volume.id === volume.id ? found : undefined;
}

/** What fails, or meets somebody else's work with the disk, is left to the next purge. */
async function detachLater(context: EbsContext, { disk, record }: FoundDisk): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  context.lingering.delete(disk.id);
  await context.turns
    .ifIdle(disk.id, async () => {
      const now = await findDisk(context, disk.id, signal);
      if (now) await detach(context, now.record.volume, now.disk, signal, backgroundPatience);
    })
    .catch((error) =>
      context.log.write('warn', 'detach-failed', {
        driver: context.driver,
        volume: record.volume.name,
        error,
      }),
    );
}
