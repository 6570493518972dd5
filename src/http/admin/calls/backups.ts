import * as z from 'zod/mini';
import type { Call } from '../call.ts';
import { backupJob, backups, backupTask, foreseenTask } from '../shapes/backups.ts';

export const backupCalls = {
  backups: {
    method: 'get',
    path: '/v1/backups',
    does: 'the [backups](../backup.md) of all repositories, which are asked now; `?repository=NAME` for one',
    query: z.strictObject({ repository: z.optional(z.string()) }),
    answer: backups,
  },
  beginBackupTask: {
    method: 'post',
    path: '/v1/backups/tasks',
    does: 'begins a task: `{"do"}` is `init` or `check` of a `repository`; `run`, `prove` or `prune` of a `plan`, perhaps only some `volumes`; `restore` of a `backup` of a `repository` to the new volume `name` of a `driver`',
    body: backupTask,
    status: 201,
    answer: backupJob,
  },
  backupTask: {
    method: 'get',
    path: '/v1/backups/tasks/:task',
    does: 'how far a task is, and what it did; with `?results=N`, once it is over or has more than N results, or after a second',
    query: z.object({
      results: z.optional(z.string().check(z.regex(/^\d{1,6}$/, 'must be a number from 0 to 999999'))),
    }),
    answer: backupJob,
  },
  foreseeBackupTask: {
    method: 'post',
    path: '/v1/backups/dry-runs',
    does: 'what a task would do, in words; changes nothing',
    body: backupTask,
    answer: foreseenTask,
  },
} as const satisfies Readonly<Record<string, Call>>;
