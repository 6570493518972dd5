import type { BackupConfiguration } from '../../config/configuration.ts';
import type { KnownBackup } from './tags.ts';

type Rules = Pick<
  BackupConfiguration,
  'keepLast' | 'keepDaily' | 'keepWeekly' | 'keepMonthly' | 'keepYearly'
>;
type Kept = Pick<KnownBackup, 'createdAt' | 'proof' | 'volumeId'>;

/** Milliseconds for which the last backup of a volume is kept that was made again under its name, as an engine does it, empty. */
const earlierKept = 90 * 86_400_000;

/**
 * The backups of one volume that are not kept any more. The rules are applied to those that were proven, and again to all that were not
 * found bad: so one that is not proven never takes the place of one that is. Nothing newer than the latest proven one goes, and nothing
 * at all before one is proven. One of the future is of a clock that was wrong: it stays, and takes no place, or else it would be the
 * newest for years, and every other one superfluous. Of an earlier volume with this name, the last one stays for a while. `now`:
 * milliseconds since the epoch.
 */
export function superfluous<T extends Kept>(backups: readonly T[], rules: Rules, now: number): readonly T[] {
  const newest = backups
    .filter(({ createdAt }) => Date.parse(createdAt) <= now)
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const proven = newest.filter(({ proof }) => proof?.outcome === 'good');
  const [latest] = proven;
  if (latest === undefined || Object.values(limitsOf(rules)).every((limit) => limit === 0)) return [];
  const sound = newest.filter(({ proof }) => proof?.outcome !== 'bad');
  const last = [...lastOfEach(proven), ...lastOfEach(sound)];
  const lately = last.filter(({ createdAt }) => now - Date.parse(createdAt) < earlierKept);
  const kept = new Set([latest, ...keptBy(proven, rules), ...keptBy(sound, rules), ...lately]);
  return newest.filter((one) => !kept.has(one) && one.createdAt < latest.createdAt);
}

/** The newest of each volume. */
function lastOfEach<T extends Kept>(newest: readonly T[]): readonly T[] {
  const ids = new Set(newest.map(({ volumeId }) => volumeId));
  return [...ids].flatMap((id) => newest.find(({ volumeId }) => volumeId === id) ?? []);
}

function limitsOf({ keepLast = 0, keepDaily = 0, keepWeekly = 0, keepMonthly = 0, keepYearly = 0 }: Rules) {
  return { keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly };
}

/** The newest of each of so many periods that have one, as `restic forget` does it. */
function keptBy<T extends Kept>(newest: readonly T[], rules: Rules): readonly T[] {
  const limits = limitsOf(rules);
  const periods: readonly (readonly [number, (time: Date) => string])[] = [
    [limits.keepDaily, (time) => time.toISOString().slice(0, 10)],
    [limits.keepWeekly, weekOf],
    [limits.keepMonthly, (time) => time.toISOString().slice(0, 7)],
    [limits.keepYearly, (time) => time.toISOString().slice(0, 4)],
  ];
  const byPeriod = periods.flatMap(([limit, periodOf]) => {
    const firsts = new Map<string, T>();
    for (const one of newest) {
      const period = periodOf(new Date(one.createdAt));
      if (!firsts.has(period)) firsts.set(period, one);
    }
    return [...firsts.values()].slice(0, limit);
  });
  return [...newest.slice(0, limits.keepLast), ...byPeriod];
}

/** The Monday that it begins with. */
function weekOf(time: Date): string {
  const monday = new Date(time);
  monday.setUTCDate(time.getUTCDate() - ((time.getUTCDay() + 6) % 7));
  return monday.toISOString().slice(0, 10);
}
