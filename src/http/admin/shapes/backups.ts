import * as z from 'zod/mini';
import { around, consistency, count, error, list, options, time } from './common.ts';

const proof = z
  .object({
    at: time,
    outcome: z.enum(['good', 'bad']),
    extent: z
      .enum(['whole', 'part'])
      .check(z.describe('Whether all files were restored and compared, or a part.')),
    message: z.optional(z.string()).check(z.describe('Of a bad one: what differs.')),
  })
  .register(z.globalRegistry, { id: 'Proof' });

const backup = z
  .object({
    id: z.string(),
    repository: z.string(),
    plan: z.string().check(z.describe('The backup of the configuration that made it.')),
    driver: z.string(),
    volume: z.string(),
    createdAt: time,
    host: z.string(),
    consistency,
    entries: count,
    bytes: count,
    unsettled: count.check(z.describe('Files that changed while they were read.')),
    proof: z
      .exactOptional(proof)
      .check(z.describe('The last restore that was compared, as this host knows.')),
  })
  .register(z.globalRegistry, { id: 'Backup' });

const result = z
  .object({
    outcome: z.enum(['ok', 'failed']),
    driver: z.exactOptional(z.string()),
    volume: z.exactOptional(z.string()),
    backup: z.exactOptional(z.string()).check(z.describe('Its ID.')),
    code: z.exactOptional(error.shape.code),
    isElsewhere: z.exactOptional(z.literal(true)).check(z.describe('Another host backs the volume up now.')),
    message: z.string(),
  })
  .register(z.globalRegistry, { id: 'BackupResult' });

export const backups = z.object({
  backups: list(backup),
  failures: list(result).check(z.describe('Repositories that could not be listed.')),
  repositories: list(z.string()).check(z.describe('The configured ones.')),
  plans: list(z.string()).check(z.describe('The configured backups.')),
});

export const backupJob = z
  .object({
    id: z.string(),
    task: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    progress: z.string(),
    results: list(result),
    error: z.exactOptional(error),
  })
  .register(z.globalRegistry, { id: 'BackupJob' });

export const foreseenTask = z.object({ steps: list(z.string()) });

/** Which fields a task has: see `BackupTask`. */
export const backupTask = z.strictObject({
  do: z.enum(['init', 'run', 'prove', 'prune', 'check', 'restore']),
  repository: z.optional(z.string()),
  plan: z.optional(z.string()),
  volumes: z.optional(list(z.string())),
  whileInUse: z.optional(z.boolean()),
  ...around,
  whole: z.optional(z.boolean()),
  backup: z.optional(z.string()),
  driver: z.optional(z.string()),
  name: z.optional(z.string()),
  options: z.optional(options),
});
