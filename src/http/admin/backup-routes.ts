import type * as z from 'zod/mini';
import type { Backups, BackupTask } from '../../core/protect/backup.ts';
import { mergedAround } from '../../core/protect/containers.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { calls } from './protocol.ts';
import { driverNamed, readJson, readQuery } from './requests.ts';
import { type AdminRoute, type Drivers, route } from './route.ts';
import type { backupTask } from './shapes/backups.ts';

/** Milliseconds: less than the patience of any client. */
const longestWait = 1_000;

export function backupRoutes(backups: Backups): readonly AdminRoute[] {
  return [
    route(calls.backups, (_, request) => {
      const { repository } = readQuery(request, calls.backups.query);
      return backups.list(repository);
    }),
    route(calls.beginBackupTask, async (drivers, request) => {
      const task = await readJson(request, calls.beginBackupTask.body);
      return backups.begin(taskOf(task, drivers));
    }),
    route(calls.foreseeBackupTask, async (drivers, request) => {
      const task = await readJson(request, calls.foreseeBackupTask.body);
      return { steps: await backups.foresee(taskOf(task, drivers)) };
    }),
    route(calls.backupTask, async (_, request) => {
      const { results } = readQuery(request, calls.backupTask.query);
      const id = String(request.params.task);
      const job =
        results === undefined ? backups.job(id) : await backups.news(id, Number(results), longestWait);
      if (job !== undefined) return job;
      const message =
        'This task is not known: the daemon was restarted, which interrupted it. See `holdfast backup ls`, then run it again.';
      throw new VolumeError('not-found', message);
    }),
  ];
}

function taskOf(asked: z.output<typeof backupTask>, drivers: Drivers): BackupTask {
  const { do: what, volumes, whileInUse, whole, options = {} } = asked;
  const said = mergedAround(asked, {});
  const around = Object.values(said).some((value) => value !== undefined) ? said : undefined;
  const needed = (field: 'repository' | 'plan' | 'backup' | 'name'): string => {
    const value = asked[field];
    if (value !== undefined) return value;
    throw new VolumeError('invalid', `The task ${what} needs the field \`${field}\`.`);
  };
  switch (what) {
    case 'init':
    case 'check':
      return { do: what, repository: needed('repository') };
    case 'run':
      return { do: what, plan: needed('plan'), volumes, whileInUse, around };
    case 'prove':
      return { do: what, plan: needed('plan'), volumes, whole };
    case 'prune':
      return { do: what, plan: needed('plan') };
    case 'restore': {
      const driver = asked.driver === undefined ? undefined : driverNamed(drivers, asked.driver).name;
      const [repository, backup, name] = [needed('repository'), needed('backup'), needed('name')];
      return { do: what, repository, backup, driver, name, options };
    }
  }
}
