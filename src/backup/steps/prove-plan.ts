import type { BackupConfiguration } from '../../config/configuration.ts';
import type { BackupTask, Proof } from '../../core/protect/backup.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import type { KnownBackup } from '../decisions/tags.ts';
import { listBackups, planNamed, repositoryNamed } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { keyOf } from '../state.ts';
import { isSeenHere } from '../which-backup.ts';
import { done, ofEach, type Reporter } from './each.ts';
import { prove } from './prove.ts';
import { selectedVolumes } from './selected.ts';

/** Proves the latest backup of each volume. */
export async function provePlan(
  parts: BackupParts,
  { plan: name, volumes, whole }: BackupTask & { readonly do: 'prove' },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const plan = planNamed(parts, name);
  const selected = selectedVolumes(parts, name, plan, volumes);
  const repository = repositoryNamed(parts, plan.repository);
  const { backups } = await listBackups(parts, plan.repository, signal);
  await ofEach(parts, name, selected, reporter, signal, async ({ driver, volume }) => {
    const latest = latestOf(parts, backups, { plan: name, driver: driver.name, volume });
    if (latest === undefined)
      return { outcome: 'failed', code: 'not-found', message: `Volume ${volume} has no backup.` };
    reporter.progress(`proving backup ${latest.id} of volume ${volume}`);
    const isWhole = whole === true || mustBeWhole(parts, plan, latest);
    const proof = await provenOrNot(parts, repository, latest, isWhole ? 1 : plan.proveShare / 100, signal);
    await parts.state.putProof(latest.id, proof);
    const about = { driver: driver.name, volume, backup: name, id: latest.id };
    if (proof.outcome === 'bad') {
      parts.log.write('error', 'backup-not-proven', { ...about, why: proof.message });
      const message = `Backup ${latest.id} of volume ${volume} is not what was backed up: ${proof.message}.`;
      return { outcome: 'failed', code: 'failed', backup: latest.id, message };
    }
    const now = parts.host.now();
    const known = { lastProof: now, ...(isWhole ? { lastWhole: now } : {}) };
    await parts.state.putVolume(keyOf(name, driver.name, volume), known);
    parts.log.write('info', 'backup-proven', about);
    const extent = proof.extent === 'whole' ? 'all of it' : 'a part of it';
    return {
      ...done(`Backup ${latest.id} of volume ${volume} is good: ${extent} was restored and compared.`),
      backup: latest.id,
    };
  });
}

/** One that seems to be of the future, of a clock that was wrong, would be the latest for years. */
function latestOf(
  parts: BackupParts,
  backups: readonly KnownBackup[],
  { plan, driver, volume }: Pick<KnownBackup, 'plan' | 'driver' | 'volume'>,
): KnownBackup | undefined {
  const own = backups.filter(
    (one) => one.plan === plan && one.driver === driver && one.volume === volume && isSeenHere(parts, one),
  );
  return own.find(({ createdAt }) => Date.parse(createdAt) <= parts.host.now()) ?? own[0];
}

/** A part that is good says nothing of what was found bad in another part. */
function mustBeWhole(
  { state, host }: BackupParts,
  { proveWhole }: Pick<BackupConfiguration, 'proveWhole'>,
  { id, plan, driver, volume }: KnownBackup,
): boolean {
  const { lastWhole = 0 } = state.volume(keyOf(plan, driver, volume));
  const age = host.now() - lastWhole;
  // A time in the future is of a clock that was wrong.
  return state.proof(id)?.outcome === 'bad' || age < 0 || age > proveWhole;
}

/** What cannot be restored, as with data that is missing or damaged, does not count as proven any more. */
async function provenOrNot(
  parts: BackupParts,
  repository: Repository,
  backup: KnownBackup,
  share: number,
  signal: AbortSignal,
): Promise<Proof> {
  try {
    return await prove(parts, repository, backup, share, signal);
  } catch (thrown) {
    const isGood = parts.state.proof(backup.id)?.outcome === 'good';
    if (isGood && asVolumeError(thrown, '').code === 'failed')
      await parts.state.putProof(backup.id, undefined);
    throw thrown;
  }
}
