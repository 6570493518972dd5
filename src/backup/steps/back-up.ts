import type { VolumeName } from '../../core/names.ts';
import { driverNames, quietly, released, type UsedVolume } from '../../core/protect/containers.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { copyData } from './copy-data.ts';
import { isStill, type WantedBackup } from './copying.ts';
import { inFolder } from './in-folder.ts';
import { rememberManifest } from './manifests.ts';
import { keepManifest } from './snapshots.ts';

export interface MadeBackup {
  readonly id: string;
  /** The snapshot of its data, or the beginning of its ID. */
  readonly data: string;
}

/**
 * Backs one volume up. The backup counts once its manifest is there: what was cut before is not a backup. A manifest that is not kept
 * with the data needs the volume no more, so it is kept while the mount and the snapshot are taken down.
 */
export async function backUp(
  parts: BackupParts,
  repository: Repository,
  wanted: WantedBackup,
  signal: AbortSignal,
): Promise<MadeBackup> {
  const { driver, volume, use, around } = wanted;
  const run = parts.host.newId();
  // It starts while the snapshot is made, which mostly waits.
  const endReadiness = parts.trees.ready();
  const made = inFolder(parts, `work/${run}`, async (folder) => {
    const prepared = await parts.containers.prepare(usedVolume(parts, driver, volume), around);
    let manifest: Promise<void> | undefined;
    const work = driver.readAside(volume, quietly(use, prepared), async (aside) => {
      // The snapshot is made: containers go on while it is read. An error of that is thrown at the end.
      if (isStill(aside)) await prepared.release().catch(() => undefined);
      const copying = { parts, repository, wanted, run, folder, aside };
      const copied = await copyData(copying, signal);
      manifest = copied.isWhole ? Promise.resolve() : keepManifest(copying, copied, signal);
      manifest.catch(() => undefined);
      return copied.data;
    });
    try {
      const data = await released(prepared, work, `Backup ${run} of volume ${volume} was made`);
      return { id: run, data };
    } finally {
      // Its error comes before that of a release: then there is no backup.
      await manifest;
      if (manifest !== undefined) await rememberManifest(parts, driver.name, volume, folder);
    }
  });
  return made.finally(endReadiness);
}

export function usedVolume(
  { drivers }: Pick<BackupParts, 'drivers'>,
  { name }: VolumeDriver,
  volume: VolumeName,
): UsedVolume {
  return { volume, drivers: driverNames(name, drivers().values()) };
}
