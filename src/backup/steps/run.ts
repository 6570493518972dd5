import type { BackupConfiguration } from '../../config/configuration.ts';
import type { BackupTask } from '../../core/protect/backup.ts';
import { mergedAround } from '../../core/protect/containers.ts';
import { planNamed, repositoryNamed } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import type { ResticLock } from '../restic/repository.ts';
import { keyOf } from '../state.ts';
import { backUp } from './back-up.ts';
import { done, ofEach, type Reporter } from './each.ts';
import { isOfThisHost, rememberedParents } from './parents.ts';
import { selectedVolumes } from './selected.ts';
import { type Share, shareOut } from './share-out.ts';
import { whileLocked } from './while-locked.ts';

/**
 * Backs up what a plan selects. Each start of restic takes as long as a small backup. So the repository is asked beforehand only if other
 * hosts take part, or if it alone knows of earlier data of a volume; and otherwise after the first failure, which may be an earlier
 * restic's lock.
 */
export async function runPlan(
  parts: BackupParts,
  { plan: name, volumes, whileInUse, around: asked = {}, since }: BackupTask & { readonly do: 'run' },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const plan = planNamed(parts, name);
  const selected = selectedVolumes(parts, name, plan, volumes);
  const repository = repositoryNamed(parts, plan.repository);
  const parents = rememberedParents(parts, repository, { plan: name, repository: plan.repository }, signal);
  const isShared = since !== undefined && !selected.every(isOfThisHost);
  if (isShared) await parents.look();
  else if (selected.some((one) => parents.isUnknown(one))) await parents.ask();
  const use = whileInUse || plan.whileInUse ? 'accept' : 'refuse';
  const around = mergedAround(asked, plan);
  const progress = (words: string) => reporter.progress(words);
  const share: Share = isShared
    ? await shareOut(parts, repository, { plan: name, selected, since }, signal)
    : { ours: selected, others: [], end: async () => undefined };
  for (const result of share.others) reporter.result(result);
  if (volumes === undefined) tellNotOpen(parts, name, plan, reporter);
  const work = ofEach(parts, name, share.ours, reporter, signal, async ({ driver, volume }) => {
    parents.requireSound();
    let wasRefused = false;
    const refused = () => {
      wasRefused = true;
    };
    const wanted = { plan: name, driver, volume, use, around, parents, progress, refused } as const;
    const waiting = {
      mayBeLocked: () => wasRefused,
      isInTheWay: ({ isExclusive }: ResticLock) => isExclusive,
    };
    const { id, data } = await whileLocked(parts, repository, waiting, signal, () => {
      wasRefused = false;
      return backUp(parts, repository, wanted, signal);
    });
    await parts.state.putVolume(keyOf(name, driver.name, volume), { lastGood: parts.host.now(), data });
    parts.log.write('info', 'backup-made', { driver: driver.name, volume, backup: name, id });
    return { ...done(`Volume ${volume} was backed up as ${plan.repository}:${id}.`), backup: id };
  });
  await work.finally(() => share.end());
}

/** Nobody would know otherwise that its volumes are not backed up. */
function tellNotOpen(
  { notOpen, log }: BackupParts,
  backup: string,
  { drivers }: BackupConfiguration,
  reporter: Reporter,
): void {
  for (const driver of notOpen().filter((one) => drivers?.includes(one) ?? true)) {
    const message = `Driver ${driver} is not open, so its volumes are not backed up: \`holdfast driver ls\` tells why.`;
    log.write('error', 'backup-failed', { backup, driver, error: message });
    reporter.result({ outcome: 'failed', driver, code: 'unavailable', message });
  }
}
