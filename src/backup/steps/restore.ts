import { dirname } from 'node:path';
import { parseVolumeName, type VolumeName } from '../../core/names.ts';
import type { Options } from '../../core/volume.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { KnownBackup } from '../decisions/tags.ts';
import { type Description, parseDescription } from '../description.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { inFolder } from './in-folder.ts';
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

/** Options that are about the data, the place or the access of the earlier volume. The driver gives the new one its own place. */
const leftOut = [
  ...['from', 'whileInUse', 'restore', 'readOnly', 'profile'],
  ...['path', 'share', 'create', 'subdir'],
  ...['volumeId', 'snapshot', 'availabilityZone'],
];
/** The options of a volume whose data exists already, after all aliases: a restore would be written over it. */
const ofExisting = ['from', 'path', 'share', 'volumeId', 'snapshot'];

interface PlannedOptions {
  readonly options: Options;
  /** For the user; empty if there is nothing to say. */
  readonly remark: string;
}

/** Those of the backup as far as this driver takes them: on another backend, a size at most. */
export async function planOptions(
  driver: VolumeDriver,
  asked: string,
  { backend, options: had }: Pick<Description, 'backend' | 'options'>,
  options: Options,
): Promise<PlannedOptions> {
  const name = parseVolumeName(asked);
  if ((await driver.get(name)) !== undefined)
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists in driver ${driver.name}, and a restore makes a new volume. Give it another name, or remove it first.`,
    );
  const portable = Object.entries(had).filter(([key]) => !leftOut.includes(key));
  const { size } = had;
  const own = backend === driver.backend ? Object.fromEntries(portable) : size === undefined ? {} : { size };
  const wanted = { ...own, ...(await canonical(driver, name, options)) };
  try {
    await foreseeNew(driver, name, wanted);
    return { options: wanted, remark: remarkOn(had) };
  } catch (thrown) {
    const error = asVolumeError(thrown, 'The volume cannot be created');
    if (error.code !== 'invalid' || Object.keys(own).length === 0) throw error;
    // The driver does not take an option of the earlier one: only those that were asked for are left.
    await foreseeNew(driver, name, options);
    const remark = `The options of the backup are not those of driver ${driver.name}, so they were left out: ${error.message}`;
    return { options, remark };
  }
}

/** By the names that backups have them under: an alias would contradict the option of the backup. */
async function canonical(driver: VolumeDriver, name: VolumeName, options: Options): Promise<Options> {
  try {
    const { volume } = await driver.foresee({ verb: 'create', name, options });
    return volume?.given ?? options;
  } catch (thrown) {
    // Some options need another one, such as a size, which the backup may have.
    if (asVolumeError(thrown, '').code === 'invalid') return options;
    throw thrown;
  }
}

/** Throws what the Create would throw, and `invalid` if the volume would have data that exists. */
async function foreseeNew(driver: VolumeDriver, name: VolumeName, options: Options): Promise<void> {
  const { volume } = await driver.foresee({ verb: 'create', name, options });
  const existing = ofExisting.find((option) => volume?.options[option] !== undefined);
  if (existing !== undefined)
    throw new VolumeError(
      'invalid',
      `Volume ${name} could not be restored: a restore makes a new volume, and the option ${existing} is about data that exists. Leave it out.`,
    );
}

function remarkOn({ readOnly }: Options): string {
  return readOnly === 'true' ? 'The volume was read-only, and can be written now.' : '';
}
