import { dirname } from 'node:path';
import { parseVolumeName } from '../../core/names.ts';
import type { Options } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { KnownBackup } from '../decisions/tags.ts';
import { type Description, parseDescription } from '../description.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { inFolder } from './in-folder.ts';
import { planOptions } from './plan-options.ts';
import { dataName, manifestNames } from './snapshots.ts';

export interface WantedRestore {
  readonly backup: KnownBackup;
  readonly driver: VolumeDriver;
  readonly name: string;
  /** Asked for: they come before those of the backup. */
  readonly options: Options;
}

/** Makes a new volume with the data of a backup, compared with its manifest. Resolves with what the user must know of its options. */
export async function restore(
  parts: BackupParts,
  repository: Repository,
  { backup, driver, name: asked, options }: WantedRestore,
  signal: AbortSignal,
): Promise<string> {
  const name = parseVolumeName(asked);
  const doing = `Volume ${name} could not be restored`;
  return inFolder(parts, `work/${parts.host.newId()}`, async (folder) => {
    const { manifest, description } = await fetchManifest(parts, repository, backup, folder, signal);
    const planned = await planOptions(driver, asked, description, options);
    await driver.fill(name, planned.options, async (path) => {
      const wanted = { doing, snapshot: backup.data, target: dirname(path), include: [`/${dataName}`] };
      await repository.restore(wanted, signal);
      await parts.trees.mend(path, manifest, signal);
      const { differing, differences } = await parts.trees.compare(path, manifest, undefined, signal);
      if (differing === 0) return;
      throw new VolumeError(
        'failed',
        `${doing}: ${differing} of its files are not as they were backed up, such as ${differences[0]}.`,
      );
    });
    return planned.remark;
  });
}

export interface FetchedManifest {
  readonly manifest: string;
  readonly description: Description;
}

export async function fetchManifest(
  { files }: BackupParts,
  repository: Repository,
  { manifest, id }: KnownBackup,
  folder: string,
  signal: AbortSignal,
  cache?: string,
): Promise<FetchedManifest> {
  const doing = `The manifest of backup ${id} could not be read`;
  const include = manifestNames.map((name) => `/${name}`);
  await repository.restore({ doing, snapshot: manifest, target: folder, include, cache }, signal);
  const below = files.below(folder);
  const facts = await below.facts(`${folder}/manifest`);
  if (facts?.kind !== 'file') throw new VolumeError('failed', `${doing}: it is not in the repository.`);
  const description = parseDescription(await below.readText(`${folder}/holdfast.json`));
  return { manifest: `${folder}/manifest`, description };
}
