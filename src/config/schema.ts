import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../core/durations.ts';
import { defaultAdminSocket } from './default-paths.ts';

export const absolutePath = z
  .string()
  .refine(isAbsolute, 'must be an absolute path, beginning with "/"')
  .refine((path) => resolve(path) !== '/', 'must not be the root directory')
  .transform((path) => resolve(path));

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
    .describe('The least important events that are logged.'),
  format: z
    .enum(['auto', 'json', 'text'])
    .default('auto')
    .describe(
      '`json`: one JSON object a line; `text`: for reading; `auto`: `text` on a terminal, else `json`.',
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
  mountRoot: absolutePath
    .prefault('/var/lib/holdfast/mnt')
    .describe('The directory below which volumes are mounted, as `<driver>/<volume>`.'),
  stateDir: absolutePath
    .prefault('/var/lib/holdfast/state')
    .describe('The directory of the cached lists of volumes and the audit log.'),
  runtimeDir: absolutePath
    .prefault('/run/holdfast')
    .describe(
      'The directory of the ledger, which a reboot voids: in memory (tmpfs), as `/run` is, it is fastest.',
    ),
  socketDir: absolutePath
    .prefault('/run/docker/plugins')
    .describe('The directory of the sockets that Docker asks, one per driver.'),
  adminSocket: absolutePath
    .prefault(defaultAdminSocket)
    .describe('The socket that the `holdfast` command asks. Outside `socketDir`.'),
  log: log.prefault({}).describe('What is logged, and how.'),
  reaper: reaper.prefault({}).describe('How holders that were never released are dropped.'),
  drivers: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe('The drivers by name: each is one socket, so one name for `docker volume create --driver`.'),
  witnesses: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe(
      'Who else knows whether a host lives, by name; a driver asks those that its settings name before it takes a volume from a dead host.',
    ),
});

const optionValue = z.union(
  [z.string(), z.number(), z.boolean()],
  'must be a text, a number, or true or false',
);
const options = z.record(z.string(), optionValue);

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
  defaults: options.prefault({}).describe('Options of every volume that is created without them.'),
  profiles: z
    .record(z.string(), options)
    .prefault({})
    .describe('Named sets of options, chosen with `-o profile=NAME`; they win over `defaults`.'),
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
  'must be a map of `match` and `member`, or a text such as "db-*=gold"',
);

/** What stands below `drivers.<name>` of a driver that is one name over several. */
export const jointSchema = z.strictObject({
  members: z
    .array(z.string())
    .min(1, 'names no driver: name those that this one stands for')
    .describe('Instead of `backend`: the drivers that this one is a common name of.'),
  rules: z
    .array(z.preprocess(ruleOfText, ruleSchema))
    .prefault([])
    .describe(
      'With `members`: `{match, member}`, or `"match=member"`: volumes whose name matches are made in that member; the first that matches counts.',
    ),
  default: z
    .string()
    .optional()
    .describe('With `members`: where volumes are made that neither `-o member=NAME` nor a rule places.'),
});

/** A variable of the environment is a list of texts. */
function ruleOfText(rule: unknown): unknown {
  const [, match, member] = (typeof rule === 'string' && /^([^=]*)=([^=]*)$/.exec(rule)) || [];
  return match === undefined ? rule : { match, member };
}
