import type { VolumeName } from '../../core/names.ts';
import type { Around } from '../../core/protect/containers.ts';
import type { Aside, VolumeDriver } from '../../driver/volume-driver.ts';
import type { TreeTotals } from '../../host/host.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import type { Parents } from './parents.ts';

export interface WantedBackup {
  readonly plan: string;
  readonly driver: VolumeDriver;
  readonly volume: VolumeName;
  readonly use: 'refuse' | 'accept';
  readonly around: Around;
  readonly parents: Parents;
  progress(words: string): void;
  /** Called if restic failed before it read anything, of a repository that answers: perhaps because of a lock. */
  refused(): void;
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
  /** Called with each path that restic could not read, because somebody else deletes files; without this, that is a failure. */
  unread?(path: string): void;
  /** Called with how many bytes restic has read, as it goes on. */
  read?(bytes: number): void;
}

export interface Copied {
  readonly totals: TreeTotals;
  readonly data: string;
  readonly unsettled: number;
  /** Whether the manifest is kept with the data. */
  readonly isWhole: boolean;
}
