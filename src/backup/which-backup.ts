import { quote } from '../core/names.ts';
import { suggestion } from '../core/nearest.ts';
import { VolumeError } from '../core/volume-error.ts';
import { claimBound } from './decisions/claims.ts';
import type { KnownBackup } from './decisions/tags.ts';
import type { BackupParts } from './parts.ts';

interface Asked {
  readonly repository: string;
  /** An ID, the beginning of one, the name of a volume, or `latest`. */
  readonly backup: string;
  /** That of the new volume: `latest` means the volume with this name. */
  readonly name: string;
}

/** By its ID, the beginning of that, or the name of its volume: then the latest. Throws `not-found`, and `invalid` if that is unclear. */
export function findBackup(
  parts: Hosts & Pick<BackupParts, 'host'>,
  backups: readonly KnownBackup[],
  { repository, backup: said, name }: Asked,
): KnownBackup {
  const isVolume = backups.some(({ volume }) => volume === said);
  const asked = said === 'latest' && !isVolume ? name : said;
  const byId = backups.filter(({ id }) => id === asked);
  const byVolume = withoutNamesakes(
    parts,
    backups.filter(({ volume }) => volume === asked),
  );
  const byBeginning = asked.length >= 4 ? backups.filter(({ id }) => id.startsWith(asked)) : [];
  const [found, ...others] =
    [byId.slice(0, 1), latestOfEach(parts, byVolume), byBeginning].find((some) => some.length > 0) ?? [];
  if (found === undefined) {
    const names = [...new Set(backups.flatMap(({ id, volume }) => [id, volume]))];
    const hint = suggestion(asked, names, 'See `holdfast backup ls`.');
    throw new VolumeError('not-found', `Repository ${repository} has no backup ${quote(asked)}. ${hint}`);
  }
  if (others.length === 0) {
    if (byId.length === 0 && byVolume.length > 0) requirePast(parts, found, byVolume);
    return found;
  }
  const ids = [found, ...others]
    .map(({ id, driver, host }) => `${id} (driver ${driver}, host ${host})`)
    .join(', ');
  throw new VolumeError(
    'invalid',
    `${quote(asked)} means several backups of repository ${repository}: name one by its ID, such as ${ids}.`,
  );
}

type Hosts = Pick<BackupParts, 'drivers' | 'hostname'>;

/** One of the future is of a clock that was wrong, this host's or another: which one is the latest is unclear. Throws `invalid`. */
function requirePast(
  { host }: Pick<BackupParts, 'host'>,
  latest: KnownBackup,
  all: readonly KnownBackup[],
): void {
  const isPast = ({ createdAt }: KnownBackup) => Date.parse(createdAt) < host.now() + claimBound;
  if (isPast(latest)) return;
  const [other] = all.filter(isPast);
  const named = [latest, ...(other === undefined ? [] : [other])];
  const ids = named.map(({ id, createdAt }) => `${id} (${createdAt})`).join(' or ');
  throw new VolumeError(
    'invalid',
    `The latest backup of volume ${latest.volume} seems to be of the future, so a clock is or was wrong. Name one by its ID: ${ids}.`,
  );
}

/** Whether a backup can be of a volume that this host sees: one of a local driver of another host has the same name by chance. */
export function isSeenHere({ drivers, hostname }: Hosts, { driver, host }: KnownBackup): boolean {
  return host === hostname || drivers().get(driver)?.capabilities.scope === 'global';
}

/** Without those of other hosts for each local driver of which this host has one. */
function withoutNamesakes(parts: Hosts, named: readonly KnownBackup[]): readonly KnownBackup[] {
  const isLocal = ({ driver }: KnownBackup) => parts.drivers().get(driver)?.capabilities.scope === 'local';
  const own = new Set(
    named.filter((one) => isLocal(one) && isSeenHere(parts, one)).map(({ driver }) => driver),
  );
  return named.filter((one) => !own.has(one.driver) || isSeenHere(parts, one));
}

/** The latest backup of each volume among those of one name. */
function latestOfEach(parts: Hosts, named: readonly KnownBackup[]): readonly KnownBackup[] {
  const keyOf = (one: KnownBackup) =>
    parts.drivers().get(one.driver)?.capabilities.scope === 'global'
      ? one.driver
      : `${one.driver} ${one.host}`;
  return [...new Map(named.toReversed().map((one) => [keyOf(one), one])).values()];
}
