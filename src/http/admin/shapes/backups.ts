import * as z from 'zod';
import { around, consistency, count, error, list, options, time } from './common.ts';

const proof = z
  .object({
    at: time,
    outcome: z.enum(['good', 'bad']),
    extent: z.enum(['whole', 'part']).describe('Whether all files were restored and compared, or a part.'),
    message: z.string().optional().describe('Of a bad one: what differs.'),
  })
  .meta({ id: 'Proof' });

const backup = z
  .object({
    id: z.string(),
    repository: z.string(),
    plan: z.string().describe('The backup of the configuration that made it.'),
    driver: z.string(),
    volume: z.string(),
    createdAt: time,
    host: z.string(),
    consistency,
    entries: count,
    bytes: count,
    unsettled: count.describe('Files that changed while they were read.'),
    proof: proof.exactOptional().describe('The last restore that was compared, as this host knows.'),
  })
  .meta({ id: 'Backup' });

const result = z
  .object({
    outcome: z.enum(['ok', 'failed']),
    driver: z.string().exactOptional(),
    volume: z.string().exactOptional(),
    backup: z.string().exactOptional().describe('Its ID.'),
    code: error.shape.code.exactOptional(),
    isElsewhere: z.literal(true).exactOptional().describe('Another host backs the volume up now.'),
    message: z.string(),
  })
  .meta({ id: 'BackupResult' });

export const backups = z.object({
  backups: list(backup),
  failures: list(result).describe('Repositories that could not be listed.'),
  repositories: list(z.string()).describe('The configured ones.'),
  plans: list(z.string()).describe('The configured backups.'),
});

export const backupJob = z
  .object({
    id: z.string(),
    task: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    progress: z.string(),
    results: list(result),
    error: error.exactOptional(),
  })
  .meta({ id: 'BackupJob' });

export const foreseenTask = z.object({ steps: list(z.string()) });

/** Which fields a task has: see `BackupTask`. */
export const backupTask = z.strictObject({
  do: z.enum(['init', 'run', 'prove', 'prune', 'check', 'restore']),
  repository: z.string().optional(),
  plan: z.string().optional(),
  volumes: list(z.string()).optional(),
  whileInUse: z.boolean().optional(),
  ...around,
  whole: z.boolean().optional(),
  backup: z.string().optional(),
  driver: z.string().optional(),
  name: z.string().optional(),
  options: options.optional(),
});
