import { dirname } from 'node:path';
import type { VolumeName } from '../../core/names.ts';
import type { Around } from '../../core/protect/containers.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Aside, VolumeDriver } from '../../driver/volume-driver.ts';
import type { TreeTotals } from '../../host/host.ts';
import { type Tagged, tagsOf } from '../decisions/tags.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { earlierManifest } from './manifests.ts';
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

/** Nobody can change what is read. */
export function isStill({ consistency }: Aside): boolean {
  return consistency === 'unmounted' || consistency === 'frozen';
}

export interface Copying {
  readonly parts: BackupParts;
  readonly repository: Repository;
  readonly wanted: WantedBackup;
  readonly run: string;
  readonly folder: string;
  readonly aside: Aside;
}

export function aboutOf({ run, wanted, aside }: Copying): Omit<Tagged, 'kind'> {
  const { plan, driver, volume } = wanted;
  return { run, plan, driver: driver.name, volume, consistency: aside.consistency };
}

export interface Copied {
  readonly totals: TreeTotals;
  readonly data: string;
  readonly unsettled: number;
}

/** What cannot change is described while it is copied; what others may write is described first, and compared afterwards. */
export async function copyData(copying: Copying, signal: AbortSignal): Promise<Copied> {
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
      keepData(copying, both.signal),
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
  const data = await keepData(copying, signal);
  const unsettled = await parts.trees.settle(aside.path, manifest, signal);
  if (unsettled > 0 && wanted.use === 'refuse')
    throw new VolumeError(
      'in-use',
      `Volume ${wanted.volume} could not be backed up: ${unsettled} of its files changed while they were read. Stop what writes to it, or back it up while it is in use with --while-in-use.`,
    );
  return { totals, data, unsettled };
}

/** The first failure is looked into: a stale lock is removed, and a parent that another host deleted is replaced. */
async function keepData(copying: Copying, signal: AbortSignal): Promise<string> {
  const { parts, repository, wanted, aside } = copying;
  const { volume, parents, progress } = wanted;
  let hasRead = false;
  const keep = () =>
    repository.backup(
      {
        doing: `Volume ${volume} could not be backed up`,
        directory: dirname(aside.path),
        names: ['data'],
        tags: tagsOf({ ...aboutOf(copying), kind: 'data' }),
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
