import * as z from 'zod/mini';
import { errorCodes } from '../../../core/volume-error.ts';
import { error, list, milliseconds, time } from './common.ts';
import { holder, mountUser } from './volumes.ts';

const drainedVolume = z
  .object({
    driver: z.string(),
    name: z.string(),
    mountpoint: z.exactOptional(z.string()),
    holders: list(holder),
    users: list(mountUser),
    ownMounts: list(z.string()),
    state: z.enum(['free', 'held', 'in-use', 'unknown']),
    cutsWriter: z.boolean(),
    after: z.enum(['nowhere', 'on another host', 'on all hosts']),
    why: z.string(),
  })
  .register(z.globalRegistry, { id: 'DrainedVolume' });
export const drain = z
  .object({
    isSafe: z.boolean().check(z.describe('Whether this host can be stopped, and nobody loses a volume.')),
    volumes: list(drainedVolume),
    unknown: list(z.object({ driver: z.string(), error })).check(
      z.describe('Drivers that could not answer.'),
    ),
  })
  .register(z.globalRegistry, { id: 'Drain' });

const finding = z
  .object({
    level: z.enum(['ok', 'warning', 'failure']),
    subject: z.string(),
    evidence: z.string(),
    mend: z.exactOptional(z.string()),
  })
  .register(z.globalRegistry, { id: 'Finding' });
export const diagnosis = z
  .object({ drivers: list(z.object({ driver: z.string(), findings: list(finding) })) })
  .register(z.globalRegistry, { id: 'Diagnosis' });

const step = z
  .object({
    action: z.enum(['thaw', 'restage', 'unstage', 'give-up', 'forget', 'adopt']),
    volume: z.string(),
    why: z.string(),
    error: z.exactOptional(z.string()).check(z.describe('Why the step failed.')),
  })
  .register(z.globalRegistry, { id: 'RecoveryStep' });
const recoveredDriver = z
  .object({ driver: z.string(), steps: list(step), error: z.exactOptional(error) })
  .register(z.globalRegistry, { id: 'RecoveredDriver' });
export const recovery = z
  .object({ drivers: list(recoveredDriver) })
  .register(z.globalRegistry, { id: 'Recovery' });

const event = z
  .object({
    id: z.string(),
    time,
    what: z.string().check(z.describe('A verb, an audited act, or what the daemon did by itself.')),
    driver: z.string(),
    volume: z.exactOptional(z.string()),
    outcome: z.enum(['ok', ...errorCodes]),
    asker: z.object({
      door: z.enum(['plugin', 'csi', 'admin', 'daemon']),
      process: z.exactOptional(
        z.object({ pid: z.number(), uid: z.number(), command: z.exactOptional(z.string()) }),
      ),
    }),
    ms: z.exactOptional(milliseconds),
    message: z.exactOptional(z.string()),
    repeated: z
      .exactOptional(z.number())
      .check(z.describe('How often the same refusal occurred since it was last recorded.')),
  })
  .register(z.globalRegistry, { id: 'Event' });
export const events = z.object({ events: list(event) }).register(z.globalRegistry, { id: 'Events' });

export const reloaded = z
  .object({
    added: list(z.string()).check(
      z.describe('The drivers that were added. One that could not be opened yet is tried again.'),
    ),
    changed: list(z.string()),
    removed: list(z.string()),
    refused: list(z.object({ driver: z.string(), error })).check(
      z.describe('Drivers that go on as they were, each with the reason.'),
    ),
  })
  .register(z.globalRegistry, { id: 'Reloaded' });

export type DrainedVolume = z.output<typeof drainedVolume>;
export type DrainAnswer = z.output<typeof drain>;
export type DiagnosisAnswer = z.output<typeof diagnosis>;
export type RecoveredDriver = z.output<typeof recoveredDriver>;
export type ReloadAnswer = z.output<typeof reloaded>;
