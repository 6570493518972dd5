import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupResult } from '../../core/protect/backup.ts';
import { claimBefore, claimBound, claimKey, claimsIn, claimTags, madeSince } from '../decisions/claims.ts';
import { sortSnapshots } from '../decisions/tags.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { keyOf } from '../state.ts';
import { inFolder } from './in-folder.ts';
import type { SelectedVolume } from './selected.ts';

/** What this host does of a scheduled run, where other hosts see the same volumes. */
export interface Share {
  readonly ours: readonly SelectedVolume[];
  /** What another host has done, or does now. */
  readonly others: readonly BackupResult[];
  /** Gives the claims back. Never rejects. */
  end(): Promise<void>;
}

interface Wanted {
  readonly plan: string;
  readonly selected: readonly SelectedVolume[];
  /** Milliseconds since the epoch: a backup made since then is that of this run. */
  readonly since: number;
}

/** Milliseconds in which a claim is seen by every other host. */
const usualSettling = 15_000;

/** Leaves volumes that another host has backed up since, or claims. Volumes that only this host sees are always its own. */
export async function shareOut(
  parts: BackupParts,
  repository: Repository,
  { plan, selected, since }: Wanted,
  signal: AbortSignal,
): Promise<Share> {
  const { host, hostname, claimSettling = usualSettling } = parts;
  const run = host.newId();
  const made: string[] = [];

  async function split(volumes: readonly SelectedVolume[], ours: string | undefined) {
    const snapshots = await repository.snapshots(signal);
    const { backups } = sortSnapshots('', snapshots, () => undefined);
    const claims = claimsIn(plan, snapshots, host.now());
    const results: BackupResult[] = [];
    const left: SelectedVolume[] = [];
    for (const one of volumes) {
      const [driver, volume] = [one.driver.name, String(one.volume)];
      const done = madeSince(backups, { plan, driver, volume, since, now: host.now() });
      const claim = claimBefore(claims, claimKey(driver, volume), ours);
      if (done === undefined && claim === undefined) left.push(one);
      const names = { outcome: 'ok', driver, volume } as const;
      if (done !== undefined) {
        const lastGood = Math.min(Date.parse(done.createdAt), host.now());
        await parts.state.putVolume(keyOf(plan, driver, volume), { lastGood });
        results.push({
          ...names,
          backup: done.id,
          message: `Volume ${volume} was backed up by host ${done.host}.`,
        });
      } else if (claim !== undefined)
        results.push({
          ...names,
          isElsewhere: true,
          message: `Volume ${volume} is being backed up by host ${claim.host}.`,
        });
    }
    return { left, results };
  }

  const claim = (volumes: readonly SelectedVolume[]) =>
    inFolder(parts, `work/${run}-claim`, async (directory) => {
      await parts.files.writeText(`${directory}/claim`, '', 'replace');
      const keys = new Set(volumes.map(({ driver, volume }) => claimKey(driver.name, volume)));
      const tags = claimTags(plan, { run, at: host.now(), volumes: keys });
      const doing = 'The volumes could not be claimed';
      made.push(
        await repository.backup(
          { doing, directory, names: ['claim'], tags, hostname, progress: () => undefined },
          signal,
        ),
      );
    });

  const own = selected.filter(({ driver }) => driver.capabilities.scope === 'local');
  const seen = await split(
    selected.filter((one) => !own.includes(one)),
    undefined,
  );
  if (seen.left.length === 0) return { ours: own, others: seen.results, end: async () => undefined };
  await claim(seen.left);
  await sleep(claimSettling, undefined, { signal });
  const { left, results } = await split(seen.left, run);
  const timer = setInterval(() => void claim(left).catch(() => undefined), claimBound / 3).unref();
  return {
    ours: [...own, ...left],
    others: [...seen.results, ...results],
    async end() {
      clearInterval(timer);
      // What is left is outlived by the bound, and deleted with what cut backups left.
      await repository.forgetOnly(made, signal).catch(() => undefined);
    },
  };
}
