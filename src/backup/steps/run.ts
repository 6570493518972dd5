import type { BackupTask } from '../../core/protect/backup.ts';
import { mergedAround } from '../../core/protect/containers.ts';
import { planNamed, repositoryNamed } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import { keyOf } from '../state.ts';
import { backUp } from './back-up.ts';
import { done, ofEach, type Reporter } from './each.ts';
import { rememberedParents } from './parents.ts';
import { type SelectedVolume, selectedVolumes } from './selected.ts';
import { type Share, shareOut } from './share-out.ts';

/**
 * Backs up what a plan selects. Each start of restic takes as long as a small backup. So the repository is asked beforehand only if this
 * host does not remember the earlier data of each volume, if an earlier restic may have left a lock, or if other hosts take part;
 * otherwise after the first failure.
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
  if (isShared || !repository.isClear() || selected.some((one) => parents.of(one) === undefined))
    await parents.look();
  const use = whileInUse || plan.whileInUse ? 'accept' : 'refuse';
  const around = mergedAround(asked, plan);
  const progress = (words: string) => reporter.progress(words);
  const share: Share = isShared
    ? await shareOut(parts, repository, { plan: name, selected, since }, signal)
    : { ours: selected, others: [], end: async () => undefined };
  for (const result of share.others) reporter.result(result);
  const work = ofEach(parts, name, share.ours, reporter, signal, async ({ driver, volume }) => {
    parents.requireSound();
    const wanted = { plan: name, driver, volume, use, around, parents, progress } as const;
    const { id, data } = await backUp(parts, repository, wanted, signal);
    await parts.state.putVolume(keyOf(name, driver.name, volume), { lastGood: parts.host.now(), data });
    parts.log.write('info', 'backup-made', { driver: driver.name, volume, backup: name, id });
    return { ...done(`Volume ${volume} was backed up as ${plan.repository}:${id}.`), backup: id };
  });
  await work.finally(() => share.end());
}

function isOfThisHost({ driver }: SelectedVolume): boolean {
  return driver.capabilities.scope === 'local';
}
