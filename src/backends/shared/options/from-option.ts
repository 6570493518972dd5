import { parseBackupName } from '../../../core/protect/backup-name.ts';
import { parseSourceName } from '../../../core/protect/snapshot.ts';
import type { OptionRule } from './table.ts';
import { flagValue } from './values.ts';

/** How a volume gets data. A backend that does not make copies refuses `from`; a backup is restored by the daemon, and only recorded here. */
export const copyRules: readonly OptionRule[] = [
  {
    name: 'from',
    aliases: [],
    description:
      "Makes the volume a copy of another one of this driver, `from=db`, or of one of its [snapshots](../protect.md), `from=db@before`. What is not given with it is the source's.",
    example: 'from=db@before',
    normalise: (value) => {
      const { volume, snapshot } = parseSourceName(value);
      return snapshot === undefined ? volume : `${volume}@${snapshot}`;
    },
  },
  {
    name: 'whileInUse',
    aliases: [],
    description:
      'With `from`: also if the data of the source has to be copied file by file while containers use it. The files are then of different moments, which is wrong for a database. Default false.',
    example: 'whileInUse=true',
    normalise: flagValue,
  },
  {
    name: 'restore',
    aliases: [],
    description:
      'Makes the volume from a [backup](../backup.md#with-docker-alone), `restore=nas:db`; `restore=nas:latest` is the latest of a volume with this name. What is not given with it is as it was.',
    example: 'restore=nas:db',
    normalise: (value) => {
      const { repository, backup } = parseBackupName(value);
      return `${repository}:${backup}`;
    },
  },
];

/** The options that say how a copy was made: they are neither part of its data, nor taken over by a copy of it. */
export function isOfCopying(name: string): boolean {
  return copyRules.some((rule) => rule.name === name);
}
