import { VolumeError } from '../../core/volume-error.ts';

export interface RestoreOptions {
  readonly driver?: string;
  readonly option?: Readonly<Record<string, string>>;
}

/** Reads `nas:db`. Throws `invalid`, with the form to write. */
export function restoreTask(
  named: string,
  name: string,
  { driver, option = {} }: RestoreOptions,
): Readonly<Record<string, unknown>> {
  const at = named.indexOf(':');
  if (at < 1 || at === named.length - 1)
    throw new VolumeError(
      'invalid',
      'Name the repository and the backup as REPOSITORY:BACKUP, such as nas:db for the latest backup of volume db.',
    );
  const [repository, backup] = [named.slice(0, at), named.slice(at + 1)];
  return { do: 'restore', repository, backup, ...(driver && { driver }), name, options: option };
}
