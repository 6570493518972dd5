import type { BackupResult } from '../../core/protect/backup.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import type { BackupParts } from '../parts.ts';
import type { SelectedVolume } from './selected.ts';

/** Where a task tells what it does. */
export interface Reporter {
  progress(words: string): void;
  result(result: BackupResult): void;
}

export function done(message: string): BackupResult {
  return { outcome: 'ok', message };
}

/** Does the work for each volume in turn. An interrupted task does not try the next. */
export async function ofEach(
  parts: BackupParts,
  plan: string,
  volumes: readonly SelectedVolume[],
  reporter: Reporter,
  signal: AbortSignal,
  work: (selected: SelectedVolume) => Promise<BackupResult>,
): Promise<void> {
  for (const selected of volumes) {
    const { driver, volume } = selected;
    const names = { driver: driver.name, volume };
    try {
      reporter.result({ ...(await work(selected)), ...names });
    } catch (thrown) {
      const error = asVolumeError(thrown, `Volume ${volume} could not be backed up`);
      parts.log.write('error', 'backup-failed', { ...names, backup: plan, error });
      reporter.result({ outcome: 'failed', ...names, code: error.code, message: error.message });
      if (signal.aborted) throw error;
    }
  }
}
