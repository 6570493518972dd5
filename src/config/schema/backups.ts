import { isAbsolute } from 'node:path';
import * as z from 'zod/mini';
import { once } from '../../core/once.ts';
import { absolutePath, duration } from './fields.ts';

const kinds = ['s3:', 'sftp:', 'rest:'];

const repositoryUrl = once(() =>
  z.string().check(
    z.refine(
      (url) => isAbsolute(url) || kinds.some((kind) => url.startsWith(kind) && url.length > kind.length),
      'must be a repository of restic: an absolute path, or begin with "s3:", "sftp:" or "rest:"',
    ),
    z.refine(
      (url) => !/^(?:s3|rest):(?:https?:\/\/)?[^/@]*:[^/@]*@/i.test(url),
      'must not have a password: write the whole URL into a file that only root can read, and name that with `urlFile`',
    ),
  ),
);

/** What stands below `repositories.<name>`. */
export const repositorySchema = once(() =>
  z.strictObject({
    url: z
      .optional(repositoryUrl())
      .check(
        z.describe(
          'Where the repository is: `s3:https://s3.example/bucket`, `sftp:user@host:/path`, `rest:https://host/path`, or a directory.',
        ),
      ),
    urlFile: z
      .optional(absolutePath)
      .check(z.describe('The file that has the URL, if it contains a password. Instead of `url`.')),
    passwordFile: z
      .optional(absolutePath)
      .check(
        z.describe(
          "The file with the repository's password. Only its owner and group may read it. Read at each use.",
        ),
      ),
    passwordCommand: z
      .optional(z.string().check(z.minLength(1, 'is empty')))
      .check(
        z.describe(
          'A program that prints the password, with its arguments, without a shell, within 60 s. Instead of `passwordFile`.',
        ),
      ),
    environmentFiles: z
      .prefault(z.record(z.string(), absolutePath), {})
      .check(
        z.describe(
          "Files with the values of restic's variables, by name, such as `AWS_SECRET_ACCESS_KEY`. Read at each use.",
        ),
      ),
  }),
);

function command() {
  return z.optional(z.string().check(z.minLength(1, 'is empty')));
}

function kept(what: string) {
  return z
    .optional(z.int().check(z.minimum(1)))
    .check(z.describe(`How many good backups of each volume are kept: ${what}.`));
}

/** What stands below `backups.<name>`. */
export const backupSchema = once(() =>
  z.strictObject({
    repository: z.string().check(z.describe('The repository, by its name in `repositories`.')),
    schedule: z
      .string()
      .check(
        z.describe(
          'When: minute, hour, day of the month, month, day of the week (crontab(5)), in the time of this host; or `@daily`.',
        ),
      ),
    jitter: z
      .prefault(duration, '5m')
      .check(
        z.describe(
          'Each run begins later by a random time of at most this, so that hosts do not all begin at once.',
        ),
      ),
    drivers: z
      .optional(z.array(z.string()).check(z.minLength(1, 'names no driver')))
      .check(z.describe('The drivers whose volumes are backed up; by default all.')),
    volumes: z
      .prefault(
        z
          .array(
            z
              .string()
              .check(
                z.regex(/^[a-zA-Z0-9_.*?-]+$/, 'must be a name with `*` for any characters and `?` for one'),
              ),
          )
          .check(z.minLength(1, 'names no volume')),
        ['*'],
      )
      .check(z.describe('Names of volumes, with `*` for any characters and `?` for one.')),
    options: z
      .prefault(z.record(z.string(), z.string()), {})
      .check(z.describe('Only volumes with these options, such as `{profile: db}`.')),
    whileInUse: z
      ._default(z.boolean(), false)
      .check(
        z.describe(
          'Whether volumes that are in use are read although they have no snapshots that take a moment. Their backup may have files of different moments.',
        ),
      ),
    pause: z
      .optional(z.boolean())
      .check(
        z.describe(
          'Whether the containers that use a volume are paused while its snapshot is made, or while it is read if it has none.',
        ),
      ),
    execBefore: command().check(
      z.describe(
        'A command for `sh -c` in the container that uses a volume, before it is copied (and paused). If it fails, there is no backup.',
      ),
    ),
    execAfter: command().check(z.describe('The same afterwards, also if the backup failed.')),
    execIn: command().check(z.describe('The container for these commands, if several use the volume.')),
    containerLabel: command().check(
      z.describe(
        'Labels of containers that [docker-volume-backup](../migrating.md#docker-volume-backup) knows are followed if they have this value, usually `true`.',
      ),
    ),
    keepLast: kept('the latest'),
    keepDaily: kept('one for each of so many days'),
    keepWeekly: kept('one for each of so many weeks'),
    keepMonthly: kept('one for each of so many months'),
    keepYearly: kept('one for each of so many years'),
    prove: z
      ._default(z.string(), '30 4 * * 0')
      .check(
        z.describe(
          'When the latest backup of each volume is restored into a scratch directory and compared, as for `schedule`.',
        ),
      ),
    proveShare: z
      ._default(z.int().check(z.minimum(1), z.maximum(100)), 10)
      .check(z.describe('The part of the files that such a proof restores, in percent.')),
    proveWhole: z
      .prefault(duration, '30d')
      .check(
        z.describe(
          'After this time without a proof of all files, and for the first backup, all of it is restored.',
        ),
      ),
    webhookFile: z
      .optional(absolutePath)
      .check(
        z.describe(
          'The file with an address (`https://…`) that is called when a backup failed, is late or is not proven. Only its owner and group may read it. Read at each use.',
        ),
      ),
  }),
);
