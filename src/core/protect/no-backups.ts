import { VolumeError } from '../volume-error.ts';
import type { Backups } from './backup.ts';

function none(): never {
  const message =
    'No repository and no backup is configured: add them under `repositories` and `backups` to the configuration, then restart Holdfast.';
  throw new VolumeError('not-found', message);
}

/** Where none are configured. */
export const noBackups: Backups = {
  list: async (repository) =>
    repository === undefined ? { backups: [], failures: [], repositories: [], plans: [] } : none(),
  begin: none,
  foresee: async () => none(),
  job: () => undefined,
  news: async () => undefined,
};
