import * as z from 'zod/mini';
import { defaultAdminSocket } from '../default-paths.ts';
import { adminSchema } from './admin.ts';
import { duration, ownPath } from './fields.ts';

const log = z.strictObject({
  level: z
    ._default(z.enum(['debug', 'info', 'warn', 'error']), 'info')
    .check(z.describe('The lowest level of events that are logged.')),
  format: z
    ._default(z.enum(['auto', 'json', 'text']), 'auto')
    .check(
      z.describe(
        '`json`: one JSON object per line; `text`: readable lines; `auto`: `text` on a terminal, else `json`.',
      ),
    ),
});

const reaper = z.strictObject({
  grace: z
    .prefault(
      duration.check(
        z.refine(
          (milliseconds) => milliseconds >= 1000,
          'must be at least 1s: a container needs time to start',
        ),
      ),
      '10m',
    )
    .check(
      z.describe('A holder whose volume nobody has used for this long since its last mount is dropped.'),
    ),
});

/** Every key of the configuration, with its description and default. */
export const configurationSchema = z.strictObject({
  mountRoot: z
    .prefault(ownPath, '/var/lib/holdfast/mnt')
    .check(z.describe('The directory below which volumes are mounted, as `<driver>/<volume>`.')),
  stateDir: z
    .prefault(ownPath, '/var/lib/holdfast/state')
    .check(z.describe('The directory of the cached lists of volumes and the audit log.')),
  runtimeDir: z
    .prefault(ownPath, '/run/holdfast')
    .check(
      z.describe(
        'The directory of the ledger, which a reboot makes invalid. It is fastest in memory (tmpfs), like `/run`.',
      ),
    ),
  socketDir: z
    .prefault(ownPath, '/run/docker/plugins')
    .check(z.describe('The directory of the sockets for Docker, one per driver.')),
  adminSocket: z
    .prefault(ownPath, defaultAdminSocket)
    .check(z.describe('The socket for the `holdfast` command. It must be outside `socketDir`.')),
  admin: z.prefault(adminSchema, {}).check(z.describe('Where else the admin API is served.')),
  log: z.prefault(log, {}).check(z.describe('What is logged, and how.')),
  reaper: z.prefault(reaper, {}).check(z.describe('How holders that were never released are dropped.')),
  drivers: z
    .prefault(z.record(z.string(), z.unknown()), {})
    .check(
      z.describe(
        'The drivers by name: each has a socket, and is a name for `docker volume create --driver`.',
      ),
    ),
  witnesses: z
    .prefault(z.record(z.string(), z.unknown()), {})
    .check(
      z.describe(
        'Who else knows whether a host is alive, by name. Before a driver takes a volume from a dead host, it asks those that its settings name.',
      ),
    ),
  repositories: z
    .prefault(z.record(z.string(), z.unknown()), {})
    .check(z.describe('Where [backups](../backup.md) are kept, by name: repositories of restic.')),
  backups: z
    .prefault(z.record(z.string(), z.unknown()), {})
    .check(z.describe('Which volumes are backed up, when, and to which repository, by name.')),
});
