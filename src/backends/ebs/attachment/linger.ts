import type { VolumeName } from '../../../core/names.ts';
import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import { findDisk } from '../find/by-name.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { detach } from './detach.ts';
import { backgroundPatience } from './idle-disks.ts';

/** Detaches the disk when `linger` is over. */
export function linger(context: EbsContext, found: FoundDisk): void {
  const { id } = found.disk;
  clearTimeout(context.lingering.get(id)?.timer);
  const timer = setTimeout(() => void detachLater(context, found), context.settings.linger);
  context.lingering.set(id, { timer: timer.unref(), found });
}

/** No host can remove a disk attached to this one: a lingering disk stays the same disk. */
export function lingeringAs({ lingering }: EbsContext, name: VolumeName): FoundDisk | undefined {
  for (const { found } of lingering.values()) if (found.record.volume.name === name) return found;
  return undefined;
}

/** It is mounted again: stops the pending detach. */
export function takeLingering(context: EbsContext, volume: Volume): FoundDisk | undefined {
  const found = lingeringAs(context, volume.name);
  if (found === undefined) return undefined;
  clearTimeout(context.lingering.get(found.disk.id)?.timer);
  context.lingering.delete(found.disk.id);
  return found.record.volume.id === volume.id ? found : undefined;
}

/** If the detach fails, or somebody else works with the disk, it is left to the next purge. */
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
