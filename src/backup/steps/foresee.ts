import type { BackupTask } from '../../core/protect/backup.ts';
import { mergedAround } from '../../core/protect/containers.ts';
import { configured, driverFor, driverNamed, listBackups, planNamed, repositoryNamed } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import { findBackup } from '../which-backup.ts';
import { usedVolume } from './back-up.ts';
import { inFolder } from './in-folder.ts';
import { planOptions } from './plan-options.ts';
import { fetchManifest } from './restore.ts';
import { selectedVolumes } from './selected.ts';
import { toForget } from './tasks.ts';

/** What a task would do, one sentence each. It asks the repository where the answer is there, and changes nothing. */
export async function foreseeTask(
  parts: BackupParts,
  task: BackupTask,
  signal: AbortSignal,
): Promise<readonly string[]> {
  switch (task.do) {
    case 'init':
      configured('repository', parts.repositories, task.repository);
      return [`Repository ${task.repository} would be created.`];
    case 'check':
      configured('repository', parts.repositories, task.repository);
      return [`Repository ${task.repository} would be checked.`];
    case 'run':
      return foreseeRun(parts, task);
    case 'prove': {
      const plan = planNamed(parts, task.plan);
      return selectedVolumes(parts, task.plan, plan, task.volumes).map(
        ({ driver, volume }) =>
          `Volume ${volume} of driver ${driver.name} would be proven: its latest backup.`,
      );
    }
    case 'prune': {
      const { repository } = planNamed(parts, task.plan);
      const { backups } = toForget(parts, task.plan, await listBackups(parts, repository, signal));
      return backups.map(
        ({ id, volume, createdAt }) => `Backup ${id} of volume ${volume}, of ${createdAt}, would be deleted.`,
      );
    }
    case 'restore':
      return foreseeRestore(parts, task, signal);
  }
}

async function foreseeRun(
  parts: BackupParts,
  { plan: name, volumes, around: asked = {} }: BackupTask & { readonly do: 'run' },
): Promise<readonly string[]> {
  const plan = planNamed(parts, name);
  const around = mergedAround(asked, plan);
  const each = selectedVolumes(parts, name, plan, volumes).map(async ({ driver, volume }) => {
    const { steps } = await parts.containers.foresee(usedVolume(parts, driver, volume), around);
    return [...steps, `Volume ${volume} of driver ${driver.name} would be backed up to ${plan.repository}.`];
  });
  return (await Promise.all(each)).flat();
}

async function foreseeRestore(
  parts: BackupParts,
  { repository, backup: asked, driver: asDriver, name, options }: BackupTask & { readonly do: 'restore' },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { backups } = await listBackups(parts, repository, signal);
  const backup = findBackup(parts, backups, { repository, backup: asked, name });
  const driver = asDriver === undefined ? driverFor(parts, backup) : driverNamed(parts, asDriver);
  const planned = await inFolder(parts, `work/${parts.host.newId()}`, async (folder) => {
    const { description } = await fetchManifest(
      parts,
      repositoryNamed(parts, repository),
      backup,
      folder,
      signal,
    );
    return planOptions(driver, name, description, options);
  });
  const given = Object.entries(planned.options).map(([key, value]) => `${key}=${value}`);
  const how = given.length === 0 ? 'without options' : `with ${given.join(', ')}`;
  const would = `Volume ${name} would be created in driver ${driver.name}, ${how}, with the data of backup ${backup.id} of ${backup.createdAt}.`;
  return planned.remark === '' ? [would] : [would, planned.remark];
}
