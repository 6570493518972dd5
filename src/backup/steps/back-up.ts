import { dirname } from 'node:path';
import type { VolumeName } from '../../core/names.ts';
import {
  type Around,
  driverNames,
  quietly,
  released,
  type UsedVolume,
} from '../../core/protect/containers.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Aside, VolumeDriver } from '../../driver/volume-driver.ts';
import type { TreeTotals } from '../../host/host.ts';
import { manifestTags, type Tagged, tagsOf } from '../decisions/tags.ts';
import { describeVolume } from '../description.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { inFolder } from './in-folder.ts';
import type { Parents } from './parents.ts';

export interface WantedBackup {
  readonly plan: string;
  readonly driver: VolumeDriver;
  readonly volume: VolumeName;
  readonly use: 'refuse' | 'accept';
  readonly around: Around;
  readonly parents: Parents;
  progress(words: string): void;
}

export interface MadeBackup {
  readonly id: string;
  /** The snapshot of its data, or the beginning of its ID. */
  readonly data: string;
}

/** Backs one volume up. The backup counts once its manifest is there: what was cut before is not a backup. */
export async function backUp(
  parts: BackupParts,
  repository: Repository,
  wanted: WantedBackup,
  signal: AbortSignal,
): Promise<MadeBackup> {
  const { driver, volume, use, around } = wanted;
  const run = parts.host.newId();
  const prepared = await parts.containers.prepare(usedVolume(parts, driver, volume), around);
  const work = driver.readAside(volume, quietly(use, prepared), async (aside) => {
    // The snapshot is made: containers go on while it is read. An error of that is thrown at the end.
    if (isStill(aside)) await prepared.release().catch(() => undefined);
    return inFolder(parts, `work/${run}`, (folder) =>
      copy({ parts, repository, wanted, run, folder, aside }, signal),
    );
  });
  const data = await released(prepared, work, `Backup ${run} of volume ${volume} was made`);
  return { id: run, data };
}

export function usedVolume(
  { drivers }: Pick<BackupParts, 'drivers'>,
  { name }: VolumeDriver,
  volume: VolumeName,
): UsedVolume {
  return { volume, drivers: driverNames(name, drivers().values()) };
}

/** Nobody can change what is read. */
function isStill({ consistency }: Aside): boolean {
  return consistency === 'unmounted' || consistency === 'frozen';
}

interface Copying {
  readonly parts: BackupParts;
  readonly repository: Repository;
  readonly wanted: WantedBackup;
  readonly run: string;
  readonly folder: string;
  readonly aside: Aside;
}

/** Resolves with the snapshot of the data. */
async function copy(copying: Copying, signal: AbortSignal): Promise<string> {
  const { parts, repository, wanted, run, folder, aside } = copying;
  const { plan, driver, volume } = wanted;
  const about: Omit<Tagged, 'kind'> = {
    run,
    plan,
    driver: driver.name,
    volume,
    consistency: aside.consistency,
  };
  const { totals, data, unsettled } = await copyData(copying, about, signal);
  await parts.files.writeText(`${folder}/holdfast.json`, describeVolume(driver, aside), 'replace');
  await repository.backup(
    {
      doing: `The manifest of volume ${volume} could not be kept`,
      directory: folder,
      names: ['holdfast.json', 'manifest'],
      tags: [...tagsOf({ ...about, kind: 'manifest' }), ...manifestTags({ ...totals, data, unsettled })],
      hostname: parts.hostname,
      progress: () => undefined,
    },
    signal,
  );
  await keepManifest(parts, driver.name, volume, folder);
  return data;
}

interface Copied {
  readonly totals: TreeTotals;
  readonly data: string;
  readonly unsettled: number;
}

/** What cannot change is described while it is copied; what others may write is described first, and compared afterwards. */
async function copyData(copying: Copying, about: Omit<Tagged, 'kind'>, signal: AbortSignal): Promise<Copied> {
  const { parts, wanted, folder, aside } = copying;
  const manifest = `${folder}/manifest`;
  const earlier = await earlierManifest(parts, wanted.driver.name, wanted.volume);
  if (isStill(aside)) {
    const both = new AbortController();
    const stop = () => both.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const works = [
      parts.trees.describe(aside.path, manifest, earlier, both.signal),
      keepData(copying, about, both.signal),
    ] as const;
    try {
      const [totals, data] = await Promise.all(works);
      return { totals, data, unsettled: 0 };
    } finally {
      stop();
      signal.removeEventListener('abort', stop);
      // Nothing may use the mount any more.
      await Promise.allSettled(works);
    }
  }
  const totals = await parts.trees.describe(aside.path, manifest, earlier, signal);
  const data = await keepData(copying, about, signal);
  const unsettled = await parts.trees.settle(aside.path, manifest, signal);
  if (unsettled > 0 && wanted.use === 'refuse')
    throw new VolumeError(
      'in-use',
      `Volume ${wanted.volume} could not be backed up: ${unsettled} of its files changed while they were read. Stop what writes to it, or back it up while it is in use with --while-in-use.`,
    );
  return { totals, data, unsettled };
}

/** The first failure is looked into: a stale lock is removed, and a parent that another host deleted is replaced. */
async function keepData(
  { parts, repository, wanted, aside }: Copying,
  about: Omit<Tagged, 'kind'>,
  signal: AbortSignal,
): Promise<string> {
  const { volume, parents, progress } = wanted;
  let hasRead = false;
  const keep = () =>
    repository.backup(
      {
        doing: `Volume ${volume} could not be backed up`,
        directory: dirname(aside.path),
        names: ['data'],
        tags: tagsOf({ ...about, kind: 'data' }),
        hostname: parts.hostname,
        parent: parents.of(wanted),
        progress(percent) {
          hasRead = true;
          progress(`volume ${volume}: ${percent} %`);
        },
      },
      signal,
    );
  try {
    return await keep();
  } catch (failure) {
    if (hasRead || signal.aborted || !(await parents.look())) throw failure;
    return keep();
  }
}

function manifestPlace({ folder }: BackupParts, driver: string, volume: string): string {
  return `${folder}/manifests/${driver}/${volume}`;
}

async function earlierManifest(
  parts: BackupParts,
  driver: string,
  volume: string,
): Promise<string | undefined> {
  const place = manifestPlace(parts, driver, volume);
  return (await parts.files.facts(place)) === undefined ? undefined : place;
}

/** For the checksums of the next backup. */
async function keepManifest(
  parts: BackupParts,
  driver: string,
  volume: string,
  folder: string,
): Promise<void> {
  const place = manifestPlace(parts, driver, volume);
  await parts.files.makePrivateDirectory(dirname(place));
  await parts.files.removeFile(place);
  await parts.files.rename(`${folder}/manifest`, place);
}
