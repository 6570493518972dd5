import type { Options } from '../volume.ts';
import { VolumeError } from '../volume-error.ts';

/** A backup as users name it. */
export interface BackupName {
  readonly repository: string;
  /** An ID or its beginning, the name of a volume, or `latest`. */
  readonly backup: string;
}

/** Reads `nas:db`. Throws `invalid`, with the form to write. */
export function parseBackupName(text: string): BackupName {
  const [, repository, backup] = /^([\w.-]+):([\w.-]+)$/.exec(text) ?? [];
  if (repository !== undefined && backup !== undefined) return { repository, backup };
  throw new VolumeError(
    'invalid',
    'Name the repository and the backup as REPOSITORY:BACKUP, such as nas:db for the latest backup of volume db.',
  );
}

/** Whether the option `restore` is given; in any case, as backends take it. */
export function isRestore(options: Options): boolean {
  return restoredFrom(options) !== undefined;
}

/** The value of the option `restore`. */
export function restoredFrom(options: Options): string | undefined {
  return Object.entries(options).find(([key]) => key.toLowerCase() === 'restore')?.[1];
}
