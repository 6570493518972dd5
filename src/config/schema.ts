import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod';
import { parseDuration } from '../core/durations.ts';
import { defaultAdminSocket } from './default-paths.ts';

export const absolutePath = z
  .string()
  .refine(isAbsolute, 'must be an absolute path, beginning with "/"')
  .refine((path) => resolve(path) !== '/', 'must not be the root directory')
  .refine((path) => !/\p{Cc}/u.test(path), 'must not have a control character')
  .transform((path) => resolve(path));

/** A directory or socket that the daemon makes. Making one below /proc would never end: see `makeDirectory`. */
const ownPath = absolutePath.refine((path) => !/^\/proc(\/|$)/.test(path), 'must not be below /proc');

/** Read to milliseconds. */
export const duration = z.string('must be a duration, such as 30s, 10m or 24h').transform((text, context) => {
  try {
    return parseDuration(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

const log = z.strictObject({
  level: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('The lowest level of events that are logged.'),
  format: z
    .enum(['auto', 'json', 'text'])
    .default('auto')
    .describe(
      '`json`: one JSON object per line; `text`: readable lines; `auto`: `text` on a terminal, else `json`.',
    ),
});

const adminTls = z.strictObject({
  certificate: absolutePath
    .optional()
    .describe('The file (PEM) of the certificate, with its chain. Read at the start.'),
  key: absolutePath.optional().describe('The file (PEM) of its key. Read at the start.'),
});

const admin = z.strictObject({
  listen: z
    .string()
    .optional()
    .describe(
      'IP address and port where the admin API is also served by TCP, such as `127.0.0.1:7777`. Off by default.',
    ),
  tokenFile: absolutePath
    .optional()
    .describe(
      'With `admin.listen`: the file of the token that callers send. Only its owner may write it, and only owner and group may read it. Read for each request.',
    ),
  tls: adminTls.prefault({}).describe('With `admin.listen`: TLS.'),
  openMetrics: z
    .boolean()
    .default(false)
    .describe(
      'With `admin.listen`: whether `GET /metrics` needs no token. `GET /health/live` and `GET /health/ready` never do.',
    ),
  page: z
    .boolean()
    .default(false)
    .describe(
      'With `admin.listen`: whether the page in the browser is served at `/` of that address. Its files need no token, and what it shows does.',
    ),
  allowPlain: z
    .boolean()
    .default(false)
    .describe(
      'With `admin.listen`: whether an address that other hosts can reach may be used without `admin.tls`, because something else encrypts.',
    ),
});

const reaper = z.strictObject({
  grace: duration
    .refine((milliseconds) => milliseconds >= 1000, 'must be at least 1s: a container needs time to start')
    .prefault('10m')
    .describe('A holder whose volume nobody has used for this long since its last mount is dropped.'),
});

/** Every key of the configuration, with its description and default. */
export const configurationSchema = z.strictObject({
  mountRoot: ownPath
    .prefault('/var/lib/holdfast/mnt')
    .describe('The directory below which volumes are mounted, as `<driver>/<volume>`.'),
  stateDir: ownPath
    .prefault('/var/lib/holdfast/state')
    .describe('The directory of the cached lists of volumes and the audit log.'),
  runtimeDir: ownPath
    .prefault('/run/holdfast')
    .describe(
      'The directory of the ledger, which a reboot makes invalid. It is fastest in memory (tmpfs), like `/run`.',
    ),
  socketDir: ownPath
    .prefault('/run/docker/plugins')
    .describe('The directory of the sockets for Docker, one per driver.'),
  adminSocket: ownPath
    .prefault(defaultAdminSocket)
    .describe('The socket for the `holdfast` command. It must be outside `socketDir`.'),
  admin: admin.prefault({}).describe('Where else the admin API is served.'),
  log: log.prefault({}).describe('What is logged, and how.'),
  reaper: reaper.prefault({}).describe('How holders that were never released are dropped.'),
  drivers: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe('The drivers by name: each has a socket, and is a name for `docker volume create --driver`.'),
  witnesses: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe(
      'Who else knows whether a host is alive, by name. Before a driver takes a volume from a dead host, it asks those that its settings name.',
    ),
  repositories: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe('Where [backups](../backup.md) are kept, by name: repositories of restic.'),
  backups: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe('Which volumes are backed up, when, and to which repository, by name.'),
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
    .string()
    .regex(/^unix:\/\/\/./, 'must be the path of a Unix socket, such as unix:///csi/csi.sock')
    .transform((endpoint) => endpoint.slice('unix://'.length))
    .pipe(ownPath)
    .describe(
      'The socket of the Container Storage Interface: `unix:///csi/csi.sock`. Not at all by default.',
    ),
  name: z
    .string()
    .regex(pluginName, 'must be a name in the form of a domain name, such as nfs.csi.example.com')
    .describe("The plugin's name, by which orchestrators know it; needed with `csi.endpoint`."),
  mode: z
    .enum(['controller', 'node', 'all'])
    .default('all')
    .describe(
      'Which services it has: `controller` creates and removes volumes, `node` mounts them on this host.',
    ),
  nodeId: z
    .string()
    .regex(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,251}[a-zA-Z0-9])?$/, 'must be a name of letters, digits and `._-`')
    .optional()
    .describe('How the orchestrator names this host. By default its host name.'),
  staging: z
    .boolean()
    .default(true)
    .describe(
      'Whether the orchestrator stages volumes: mounts them on a host before it publishes them to containers. With `false`, publishing mounts a volume, and the end of its last publication unmounts it: for an orchestrator that never unstages, as Swarm.',
    ),
});

/** What stands below `drivers.<name>` of a driver with storage of its own; the backend checks settings and options. */
export const driverSchema = z.strictObject({
  backend: z
    .string()
    .min(1, 'is empty')
    .describe('The kind of storage. Every driver has this, or `members`.'),
  settings: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe('How the storage is reached: see the page of the backend.'),
  defaults: options.prefault({}).describe('Default options for new volumes.'),
  profiles: z
    .record(z.string(), options)
    .prefault({})
    .describe('Named sets of options, chosen with `-o profile=NAME`; they override `defaults`.'),
  csi: csiSchema.optional(),
});

export const ruleSchema = z.strictObject(
  {
    match: z
      .string()
      .regex(
        /^[a-zA-Z0-9_.*?-]+$/,
        'must be a name with `*` for any characters and `?` for one, such as "db-*"',
      ),
    member: z.string(),
  },
  'must be a map of `match` and `member`, or a string such as "db-*=gold"',
);

/** What stands below `drivers.<name>` of a driver that is one name over several. */
export const jointSchema = z.strictObject({
  members: z
    .array(z.string())
    .min(1, 'names no driver: name those that this one stands for')
    .describe('Instead of `backend`: the drivers that this joint driver combines.'),
  rules: z
    .array(z.preprocess(ruleOfText, ruleSchema))
    .prefault([])
    .describe(
      'With `members`: `{match, member}`, or `"match=member"`: volumes with a matching name are created in that member; the first matching rule applies.',
    ),
  default: z
    .string()
    .optional()
    .describe('With `members`: the member for new volumes without `-o member=NAME` and a matching rule.'),
});

/** A variable of the environment is a list of strings. */
function ruleOfText(rule: unknown): unknown {
  const [, match, member] = (typeof rule === 'string' && /^([^=]*)=([^=]*)$/.exec(rule)) || [];
  return match === undefined ? rule : { match, member };
}
