import { parseVolumeName } from '../../core/names.ts';
import { parseBackupName } from '../../core/protect/backup-name.ts';

export interface RestoreOptions {
  readonly driver?: string;
  readonly option?: Readonly<Record<string, string>>;
}

/** Reads `nas:db`. Throws `invalid`. */
export function restoreTask(
  named: string,
  name: string,
  { driver, option = {} }: RestoreOptions,
): Readonly<Record<string, unknown>> {
  const { repository, backup } = parseBackupName(named);
  parseVolumeName(name);
  return { do: 'restore', repository, backup, ...(driver && { driver }), name, options: option };
}
