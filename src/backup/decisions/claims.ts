import type { ResticSnapshot } from '../restic/answers.ts';
import type { KnownBackup } from './tags.ts';

/** What a host is about to back up, or backs up now. It is a snapshot in the repository, which all hosts see. */
export interface Claim {
  readonly run: string;
  readonly host: string;
  /** When it was made or renewed, by that host's clock: milliseconds since the epoch. */
  readonly at: number;
  /** Driver and volume, by `claimKey`. */
  readonly volumes: ReadonlySet<string>;
}

/** Milliseconds. A host renews its claim in a third of it; one that died loses it. */
export const claimBound = 1_800_000;

export function claimKey(driver: string, volume: string): string {
  return `${driver}/${volume}`;
}

export function claimTags(plan: string, { run, at, volumes }: Omit<Claim, 'host'>): readonly string[] {
  const fields = ['holdfast', 'kind=claim', `plan=${plan}`, `run=${run}`, `at=${at}`];
  return [...fields, ...[...volumes].map((volume) => `claims=${volume}`)];
}

/** The claims of a plan that count now, with the latest renewal of each run. Anybody who can write there can write tags. */
export function claimsIn(plan: string, snapshots: readonly ResticSnapshot[], now: number): readonly Claim[] {
  const byRun = new Map<string, Claim>();
  for (const { tags, hostname: host } of snapshots) {
    const all = (key: string) =>
      tags.flatMap((tag) => (tag.startsWith(`${key}=`) ? [tag.slice(key.length + 1)] : []));
    const [run = '', at] = [all('run')[0], Number(all('at')[0])];
    if (!tags.includes('kind=claim') || all('plan')[0] !== plan || !/^[0-9a-f]{16}$/.test(run)) continue;
    // A clock that is ahead does not keep a claim longer.
    if (!(Math.abs(now - at) < claimBound)) continue;
    const before = byRun.get(run);
    if (before === undefined || before.at < at)
      byRun.set(run, { run, host, at, volumes: new Set(all('claims')) });
  }
  return [...byRun.values()];
}

/**
 * The claim of another host to whom we leave the volume. `ours`: absent before we have claimed, when any other one comes first; then the
 * lower run does, whatever the clocks say.
 */
export function claimBefore(
  claims: readonly Claim[],
  key: string,
  ours: string | undefined,
): Claim | undefined {
  return claims.find(
    ({ run, volumes }) => run !== ours && volumes.has(key) && (ours === undefined || run < ours),
  );
}

/** A backup that any host has made of the volume since then. One of the future, of a clock that was wrong, would be that for years. */
export function madeSince(
  backups: readonly KnownBackup[],
  {
    plan,
    driver,
    volume,
    since,
    now,
  }: {
    readonly plan: string;
    readonly driver: string;
    readonly volume: string;
    readonly since: number;
    readonly now: number;
  },
): KnownBackup | undefined {
  return backups.find(
    (one) =>
      one.plan === plan &&
      one.driver === driver &&
      one.volume === volume &&
      Date.parse(one.createdAt) >= since &&
      Date.parse(one.createdAt) < now + claimBound,
  );
}
