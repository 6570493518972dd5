import type { BackupTask } from '../../core/protect/backup.ts';
import { superfluous } from '../decisions/retention.ts';
import type { KnownBackup, Sorted } from '../decisions/tags.ts';
import { driverFor, driverNamed, listBackups, planNamed, repositoryNamed } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import { keyOf } from '../state.ts';
import { findBackup } from '../which-backup.ts';
import { done, type Reporter } from './each.ts';
import { provePlan } from './prove-plan.ts';
import { restore } from './restore.ts';
import { runPlan } from './run.ts';
import { whileLocked } from './while-locked.ts';

/** Does a task. What concerns one volume and fails is a result; the others go on. */
export async function doTask(
  parts: BackupParts,
  task: BackupTask,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  switch (task.do) {
    case 'init':
      await repositoryNamed(parts, task.repository).init(signal);
      return reporter.result(done(`Repository ${task.repository} was created.`));
    case 'check':
      await repositoryNamed(parts, task.repository).check(signal);
      return reporter.result(
        done(`The structure of repository ${task.repository} is sound. Its data is read by proofs.`),
      );
    case 'run':
      return runPlan(parts, task, reporter, signal);
    case 'prove':
      return provePlan(parts, task, reporter, signal);
    case 'prune':
      return prunePlan(parts, task.plan, reporter, signal);
    case 'restore':
      return restoreOne(parts, task, reporter, signal);
  }
}

async function prunePlan(
  parts: BackupParts,
  name: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { repository: place } = planNamed(parts, name);
  const repository = repositoryNamed(parts, place);
  let isListed = false;
  const waiting = { mayBeLocked: () => isListed, isInTheWay: () => true };
  const backups = await whileLocked(parts, repository, waiting, signal, async () => {
    isListed = false;
    const found = toForget(parts, name, await listBackups(parts, place, signal));
    isListed = true;
    await repository.forget(found.ids, signal);
    return found.backups;
  });
  for (const { id, driver, volume } of backups) {
    parts.log.write('info', 'backup-deleted', { driver, volume, backup: name, id });
    const message = `Backup ${id} of volume ${volume} was deleted.`;
    reporter.result({ ...done(message), driver, volume, backup: id });
  }
  if (backups.length === 0) reporter.result(done(`No backup of ${name} is superfluous.`));
}

/** Milliseconds after which a backup that is not whole was cut, and is not under way: here, and on any other host. */
const cutHere = 86_400_000;
const cutElsewhere = 7 * cutHere;

/** What a plan does not keep, with what cut backups left; of the volumes of all hosts that this plan's name is on. */
export function toForget(
  { plans, host, hostname }: BackupParts,
  name: string,
  { backups, parts }: Sorted,
): { readonly backups: readonly KnownBackup[]; readonly ids: readonly string[] } {
  const rules = plans.get(name);
  const groups = new Map<string, KnownBackup[]>();
  for (const backup of backups.filter(({ plan }) => plan === name)) {
    const key = keyOf(backup.host, backup.driver, backup.volume);
    groups.set(key, [...(groups.get(key) ?? []), backup]);
  }
  const now = host.now();
  const old =
    rules === undefined ? [] : [...groups.values()].flatMap((group) => superfluous(group, rules, now));
  const cut = parts.filter(({ time, hostname: maker }) => {
    const age = now - Date.parse(time);
    return age > (maker === hostname ? cutHere : cutElsewhere);
  });
  return {
    backups: old,
    // The manifests first: a backup without one is not whole.
    ids: [
      ...new Set([...old.map(({ manifest }) => manifest), ...old.map(({ data }) => data)]),
      ...cut.map(({ id }) => id),
    ],
  };
}

async function restoreOne(
  parts: BackupParts,
  { repository, backup: asked, driver: asDriver, name, options }: BackupTask & { readonly do: 'restore' },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { backups } = await listBackups(parts, repository, signal);
  const backup = findBackup(parts, backups, { repository, backup: asked, name });
  const driver = asDriver === undefined ? driverFor(parts, backup) : driverNamed(parts, asDriver);
  const driverName = driver.name;
  reporter.progress(`restoring backup ${backup.id}`);
  const wanted = { backup, driver, name, options };
  const remark = await restore(parts, repositoryNamed(parts, repository), wanted, signal);
  const at = new Date(parts.host.now()).toISOString();
  await parts.state.putProof(backup.id, { at, outcome: 'good', extent: 'whole' });
  parts.log.write('info', 'backup-restored', { driver: driverName, volume: name, id: backup.id });
  const made = `Volume ${name} exists in driver ${driverName}, with the data of ${backup.createdAt}: all of it was compared.`;
  reporter.result({
    ...done(remark === '' ? made : `${made} ${remark}`),
    driver: driverName,
    volume: name,
    backup: backup.id,
  });
}
