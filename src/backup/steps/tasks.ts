import type { BackupResult, BackupTask } from '../../core/backup.ts';
import { mergedAround } from '../../core/protect/containers.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import { superfluous } from '../decisions/retention.ts';
import type { KnownBackup, Sorted } from '../decisions/tags.ts';
import { driverFor, driverNamed, findBackup, listBackups, planNamed, repositoryNamed } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import { keyOf } from '../state.ts';
import { backUp } from './back-up.ts';
import { prove } from './prove.ts';
import { restore } from './restore.ts';
import { type SelectedVolume, selectedVolumes } from './selected.ts';
import { shareOut } from './share-out.ts';

/** Where a task tells what it does. */
export interface Reporter {
  progress(words: string): void;
  result(result: BackupResult): void;
}

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
      return reporter.result(done(`Repository ${task.repository} is sound.`));
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

function done(message: string): BackupResult {
  return { outcome: 'ok', message };
}

/** Does the work for each volume in turn. An interrupted task does not try the next. */
async function ofEach(
  parts: BackupParts,
  plan: string,
  volumes: readonly SelectedVolume[],
  reporter: Reporter,
  signal: AbortSignal,
  work: (selected: SelectedVolume) => Promise<BackupResult>,
): Promise<void> {
  for (const selected of volumes) {
    const { driver, volume } = selected;
    const names = { driver: driver.name, volume };
    try {
      reporter.result({ ...(await work(selected)), ...names });
    } catch (thrown) {
      const error = asVolumeError(thrown, `Volume ${volume} could not be backed up`);
      parts.log.write('error', 'backup-failed', { ...names, backup: plan, error });
      reporter.result({ outcome: 'failed', ...names, code: error.code, message: error.message });
      if (signal.aborted) throw error;
    }
  }
}

/** What a task works with. `volumes`: only these of the selected ones. */
async function openPlan(
  parts: BackupParts,
  name: string,
  volumes: readonly string[] | undefined,
  signal: AbortSignal,
) {
  const plan = planNamed(parts, name);
  const selected = selectedVolumes(parts, name, plan, volumes);
  const repository = repositoryNamed(parts, plan.repository);
  const { backups } = await listBackups(parts, plan.repository, signal);
  return { plan, selected, repository, backups };
}

async function runPlan(
  parts: BackupParts,
  { plan: name, volumes, whileInUse, around: asked = {}, since }: BackupTask & { readonly do: 'run' },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { plan, selected, repository, backups } = await openPlan(parts, name, volumes, signal);
  // A killed prune has locked the repository for everybody.
  await repository.unlock(signal);
  const use = whileInUse || plan.whileInUse ? 'accept' : 'refuse';
  const around = mergedAround(asked, plan);
  const progress = (words: string) => reporter.progress(words);
  const share =
    since === undefined
      ? { ours: selected, others: [], end: async () => undefined }
      : await shareOut(parts, repository, { plan: name, selected, since }, signal);
  for (const result of share.others) reporter.result(result);
  const work = ofEach(parts, name, share.ours, reporter, signal, async ({ driver, volume }) => {
    const wanted = { plan: name, driver, volume, use, around, known: backups, progress } as const;
    const backup = await backUp(parts, repository, wanted, signal);
    await parts.state.putVolume(keyOf(name, driver.name, volume), { lastGood: parts.host.now() });
    parts.log.write('info', 'backup-made', { driver: driver.name, volume, backup: name, id: backup });
    return { ...done(`Volume ${volume} was backed up as ${plan.repository}:${backup}.`), backup };
  });
  await work.finally(() => share.end());
}

/** The latest backup of each volume. */
async function provePlan(
  parts: BackupParts,
  { plan: name, volumes, whole }: BackupTask & { readonly do: 'prove' },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { plan, selected, repository, backups } = await openPlan(parts, name, volumes, signal);
  await ofEach(parts, name, selected, reporter, signal, async ({ driver, volume }) => {
    const key = keyOf(name, driver.name, volume);
    const latest = backups.find((one) => isOf(one, name, driver.name, volume));
    if (latest === undefined)
      return { outcome: 'failed', code: 'not-found', message: `Volume ${volume} has no backup.` };
    reporter.progress(`proving backup ${latest.id} of volume ${volume}`);
    const { lastWhole = 0 } = parts.state.volume(key);
    const isWhole = whole === true || parts.host.now() - lastWhole > plan.proveWhole;
    const proof = await prove(parts, repository, latest, isWhole ? 1 : plan.proveShare / 100, signal);
    await parts.state.putProof(latest.id, proof);
    const about = { driver: driver.name, volume, backup: name, id: latest.id };
    if (proof.outcome === 'bad') {
      parts.log.write('error', 'backup-not-proven', { ...about, why: proof.message });
      const message = `Backup ${latest.id} of volume ${volume} is not what was backed up: ${proof.message}.`;
      return { outcome: 'failed', code: 'failed', backup: latest.id, message };
    }
    const now = parts.host.now();
    await parts.state.putVolume(key, { lastProof: now, ...(isWhole ? { lastWhole: now } : {}) });
    parts.log.write('info', 'backup-proven', about);
    const extent = proof.extent === 'whole' ? 'all of it' : 'a part of it';
    return {
      ...done(`Backup ${latest.id} of volume ${volume} is good: ${extent} was restored and compared.`),
      backup: latest.id,
    };
  });
}

function isOf(backup: KnownBackup, plan: string, driver: string, volume: string): boolean {
  return backup.plan === plan && backup.driver === driver && backup.volume === volume;
}

async function prunePlan(
  parts: BackupParts,
  name: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { repository } = planNamed(parts, name);
  const sorted = await listBackups(parts, repository, signal);
  const { backups, ids } = toForget(parts, name, sorted);
  await repositoryNamed(parts, repository).forget(ids, signal);
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
  const old = rules === undefined ? [] : [...groups.values()].flatMap((group) => superfluous(group, rules));
  const cut = parts.filter(({ time, hostname: maker }) => {
    const age = host.now() - Date.parse(time);
    return age > (maker === hostname ? cutHere : cutElsewhere);
  });
  return {
    backups: old,
    // The manifests first: a backup without one is not whole.
    ids: [...old.map(({ manifest }) => manifest), ...old.map(({ data }) => data), ...cut.map(({ id }) => id)],
  };
}

async function restoreOne(
  parts: BackupParts,
  { repository, backup: asked, driver: asDriver, name, options }: BackupTask & { readonly do: 'restore' },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { backups } = await listBackups(parts, repository, signal);
  const backup = findBackup(backups, repository, asked, name);
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
