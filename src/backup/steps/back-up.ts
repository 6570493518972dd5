import type { VolumeName } from '../../core/names.ts';
import { driverNames, quietly, released, type UsedVolume } from '../../core/protect/containers.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { manifestTags, tagsOf } from '../decisions/tags.ts';
import { describeVolume } from '../description.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { aboutOf, type Copied, type Copying, copyData, isStill, type WantedBackup } from './copy-data.ts';
import { inFolder } from './in-folder.ts';
import { rememberManifest } from './manifests.ts';

export interface MadeBackup {
  readonly id: string;
  /** The snapshot of its data, or the beginning of its ID. */
  readonly data: string;
}

/**
 * Backs one volume up. The backup counts once its manifest is there: what was cut before is not a backup. The manifest needs the volume
 * no more, so it is stored while the mount and the snapshot are taken down.
 */
export async function backUp(
  parts: BackupParts,
  repository: Repository,
  wanted: WantedBackup,
  signal: AbortSignal,
): Promise<MadeBackup> {
  const { driver, volume, use, around } = wanted;
  const run = parts.host.newId();
  return inFolder(parts, `work/${run}`, async (folder) => {
    const prepared = await parts.containers.prepare(usedVolume(parts, driver, volume), around);
    let manifest: Promise<void> = Promise.resolve();
    const work = driver.readAside(volume, quietly(use, prepared), async (aside) => {
      // The snapshot is made: containers go on while it is read. An error of that is thrown at the end.
      if (isStill(aside)) await prepared.release().catch(() => undefined);
      const copying = { parts, repository, wanted, run, folder, aside };
      const copied = await copyData(copying, signal);
      manifest = storeManifest(copying, copied, signal);
      manifest.catch(() => undefined);
      return copied.data;
    });
    try {
      const data = await released(prepared, work, `Backup ${run} of volume ${volume} was made`);
      return { id: run, data };
    } finally {
      // Its error comes before that of a release: then there is no backup.
      await manifest;
    }
  });
}

export function usedVolume(
  { drivers }: Pick<BackupParts, 'drivers'>,
  { name }: VolumeDriver,
  volume: VolumeName,
): UsedVolume {
  return { volume, drivers: driverNames(name, drivers().values()) };
}

async function storeManifest(
  copying: Copying,
  { totals, data, unsettled }: Copied,
  signal: AbortSignal,
): Promise<void> {
  const { parts, repository, wanted, folder, aside } = copying;
  const { driver, volume } = wanted;
  await parts.files.writeText(`${folder}/holdfast.json`, describeVolume(driver, aside), 'replace');
  const tags = tagsOf({ ...aboutOf(copying), kind: 'manifest' });
  await repository.backup(
    {
      doing: `The manifest of volume ${volume} could not be kept`,
      directory: folder,
      names: ['holdfast.json', 'manifest'],
      tags: [...tags, ...manifestTags({ ...totals, data, unsettled })],
      hostname: parts.hostname,
      progress: () => undefined,
    },
    signal,
  );
  await rememberManifest(parts, driver.name, volume, folder);
}
