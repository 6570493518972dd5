import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod/mini';
import { parseDuration } from '../core/durations.ts';
import { defaultAdminSocket } from './default-paths.ts';

export const absolutePath = z.pipe(
  z.string().check(
    z.refine(isAbsolute, 'must be an absolute path, beginning with "/"'),
    z.refine((path) => resolve(path) !== '/', 'must not be the root directory'),
    z.refine((path) => !/\p{Cc}/u.test(path), 'must not have a control character'),
  ),
  z.transform((path) => resolve(path)),
);

/** A directory or socket that the daemon makes. Making one below /proc would never end: see `makeDirectory`. */
const ownPath = absolutePath.check(
  z.refine((path) => !/^\/proc(\/|$)/.test(path), 'must not be below /proc'),
);

/** Read to milliseconds. */
export const duration = z.pipe(
  z.string('must be a duration, such as 30s, 10m or 24h'),
  z.transform((text: string, { issues }) => {
    try {
      return parseDuration(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    }
  }),
);

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

const adminTls = z.strictObject({
  certificate: z
    .optional(absolutePath)
    .check(z.describe('The file (PEM) of the certificate, with its chain. Read at the start.')),
  key: z.optional(absolutePath).check(z.describe('The file (PEM) of its key. Read at the start.')),
});

const admin = z.strictObject({
  listen: z
    .optional(z.string())
    .check(
      z.describe(
        'IP address and port where the admin API is also served by TCP, such as `127.0.0.1:7777`. Off by default.',
      ),
    ),
  tokenFile: z
    .optional(absolutePath)
    .check(
      z.describe(
        'With `admin.listen`: the file of the token that callers send. Only its owner may write it, and only owner and group may read it. Read for each request.',
      ),
    ),
  tls: z.prefault(adminTls, {}).check(z.describe('With `admin.listen`: TLS.')),
  openMetrics: z
    ._default(z.boolean(), false)
    .check(
      z.describe(
        'With `admin.listen`: whether `GET /metrics` needs no token. `GET /health/live` and `GET /health/ready` never do.',
      ),
    ),
  page: z
    ._default(z.boolean(), false)
    .check(
      z.describe(
        'With `admin.listen`: whether the page in the browser is served at `/` of that address. Its files need no token, and what it shows does.',
      ),
    ),
  allowPlain: z
    ._default(z.boolean(), false)
    .check(
      z.describe(
        'With `admin.listen`: whether an address that other hosts can reach may be used without `admin.tls`, because something else encrypts.',
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
  admin: z.prefault(admin, {}).check(z.describe('Where else the admin API is served.')),
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

const optionValue = z.union(
  [z.string(), z.number(), z.boolean()],
  'must be a string, a number, or true or false',
);
const options = z.record(z.string(), optionValue);

/** The form of a domain name, as the specification wants it. */
const pluginName = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/;

/** What stands below `drivers.<name>.csi`. */
export const csiSchema = z.strictObject({
  endpoint: z
    .pipe(
      z.pipe(
        z
          .string()
          .check(z.regex(/^unix:\/\/\/./, 'must be the path of a Unix socket, such as unix:///csi/csi.sock')),
        z.transform((endpoint) => endpoint.slice('unix://'.length)),
      ),
      ownPath,
    )
    .check(
      z.describe(
        'The socket of the Container Storage Interface: `unix:///csi/csi.sock`. Not at all by default.',
      ),
    ),
  name: z
    .string()
    .check(
      z.regex(pluginName, 'must be a name in the form of a domain name, such as nfs.csi.example.com'),
      z.describe("The plugin's name, by which orchestrators know it; needed with `csi.endpoint`."),
    ),
  mode: z
    ._default(z.enum(['controller', 'node', 'all']), 'all')
    .check(
      z.describe(
        'Which services it has: `controller` creates and removes volumes, `node` mounts them on this host.',
      ),
    ),
  nodeId: z
    .optional(
      z
        .string()
        .check(
          z.regex(
            /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,251}[a-zA-Z0-9])?$/,
            'must be a name of letters, digits and `._-`',
          ),
        ),
    )
    .check(z.describe('How the orchestrator names this host. By default its host name.')),
  staging: z
    ._default(z.boolean(), true)
    .check(
      z.describe(
        'Whether the orchestrator stages volumes: mounts them on a host before it publishes them to containers. With `false`, publishing mounts a volume, and the end of its last publication unmounts it: for an orchestrator that never unstages, as Swarm.',
      ),
    ),
});

/** What stands below `drivers.<name>` of a driver with storage of its own; the backend checks settings and options. */
export const driverSchema = z.strictObject({
  backend: z
    .string()
    .check(
      z.minLength(1, 'is empty'),
      z.describe('The kind of storage. Every driver has this, or `members`.'),
    ),
  settings: z
    .prefault(z.record(z.string(), z.unknown()), {})
    .check(z.describe('How the storage is reached: see the page of the backend.')),
  defaults: z.prefault(options, {}).check(z.describe('Default options for new volumes.')),
  profiles: z
    .prefault(z.record(z.string(), options), {})
    .check(z.describe('Named sets of options, chosen with `-o profile=NAME`; they override `defaults`.')),
  csi: z.optional(csiSchema),
});

export const ruleSchema = z.strictObject(
  {
    match: z
      .string()
      .check(
        z.regex(
          /^[a-zA-Z0-9_.*?-]+$/,
          'must be a name with `*` for any characters and `?` for one, such as "db-*"',
        ),
      ),
    member: z.string(),
  },
  'must be a map of `match` and `member`, or a string such as "db-*=gold"',
);

/** What stands below `drivers.<name>` of a driver that is one name over several. */
export const jointSchema = z.strictObject({
  members: z
    .array(z.string())
    .check(
      z.minLength(1, 'names no driver: name those that this one stands for'),
      z.describe('Instead of `backend`: the drivers that this joint driver combines.'),
    ),
  rules: z
    .prefault(z.array(z.pipe(z.transform(ruleOfText), ruleSchema)), [])
    .check(
      z.describe(
        'With `members`: `{match, member}`, or `"match=member"`: volumes with a matching name are created in that member; the first matching rule applies.',
      ),
    ),
  default: z
    .optional(z.string())
    .check(
      z.describe('With `members`: the member for new volumes without `-o member=NAME` and a matching rule.'),
    ),
});

/** A variable of the environment is a list of strings. */
function ruleOfText(rule: unknown): unknown {
  const [, match, member] = (typeof rule === 'string' && /^([^=]*)=([^=]*)$/.exec(rule)) || [];
  return match === undefined ? rule : { match, member };
}
