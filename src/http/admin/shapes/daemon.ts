import * as z from 'zod';
import { errorCodes } from '../../../core/volume-error.ts';
import { error, list, milliseconds, time } from './common.ts';
import { holder, mountUser } from './volumes.ts';

const drainedVolume = z
  .object({
    driver: z.string(),
    name: z.string(),
    mountpoint: z.string().exactOptional(),
    holders: list(holder),
    users: list(mountUser),
    ownMounts: list(z.string()),
    state: z.enum(['free', 'held', 'in-use', 'unknown']),
    cutsWriter: z.boolean(),
    after: z.enum(['nowhere', 'on another host', 'on all hosts']),
    why: z.string(),
  })
  .meta({ id: 'DrainedVolume' });
export const drain = z
  .object({
    isSafe: z.boolean().describe('Whether this host can be stopped, and nobody loses a volume.'),
    volumes: list(drainedVolume),
    unknown: list(z.object({ driver: z.string(), error })).describe('Drivers that could not answer.'),
  })
  .meta({ id: 'Drain' });

const finding = z
  .object({
    level: z.enum(['ok', 'warning', 'failure']),
    subject: z.string(),
    evidence: z.string(),
    mend: z.string().exactOptional(),
  })
  .meta({ id: 'Finding' });
export const diagnosis = z
  .object({ drivers: list(z.object({ driver: z.string(), findings: list(finding) })) })
  .meta({ id: 'Diagnosis' });

const step = z
  .object({
    action: z.enum(['thaw', 'restage', 'unstage', 'give-up', 'forget', 'adopt']),
    volume: z.string(),
    why: z.string(),
    error: z.string().exactOptional().describe('Why the step failed.'),
  })
  .meta({ id: 'RecoveryStep' });
const recoveredDriver = z
  .object({ driver: z.string(), steps: list(step), error: error.exactOptional() })
  .meta({ id: 'RecoveredDriver' });
export const recovery = z.object({ drivers: list(recoveredDriver) }).meta({ id: 'Recovery' });

const event = z
  .object({
    id: z.string(),
    time,
    what: z.string().describe('A verb, an audited act, or what the daemon did by itself.'),
    driver: z.string(),
    volume: z.string().exactOptional(),
    outcome: z.enum(['ok', ...errorCodes]),
    asker: z.object({
      door: z.enum(['plugin', 'csi', 'admin', 'daemon']),
      process: z
        .object({ pid: z.number(), uid: z.number(), command: z.string().exactOptional() })
        .exactOptional(),
    }),
    ms: milliseconds.exactOptional(),
    message: z.string().exactOptional(),
    repeated: z
      .number()
      .exactOptional()
      .describe('How often the same refusal occurred since it was last recorded.'),
  })
  .meta({ id: 'Event' });
export const events = z.object({ events: list(event) }).meta({ id: 'Events' });

export const reloaded = z
  .object({
    added: list(z.string()).describe(
      'The drivers that were added. One that could not be opened yet is tried again.',
    ),
    changed: list(z.string()),
    removed: list(z.string()),
    refused: list(z.object({ driver: z.string(), error })).describe(
      'Drivers that go on as they were, each with the reason.',
    ),
  })
  .meta({ id: 'Reloaded' });

export type DrainedVolume = z.output<typeof drainedVolume>;
export type DrainAnswer = z.output<typeof drain>;
export type DiagnosisAnswer = z.output<typeof diagnosis>;
export type RecoveredDriver = z.output<typeof recoveredDriver>;
export type ReloadAnswer = z.output<typeof reloaded>;
