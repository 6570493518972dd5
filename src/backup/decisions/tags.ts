import type { Backup, Proof } from '../../core/protect/backup.ts';
import { consistencies } from '../../core/protect/snapshot.ts';
import type { ResticSnapshot } from '../restic/answers.ts';

/**
 * What the tags of a snapshot say. A backup is one snapshot with all of it, or two: its data, then its manifest, which makes it
 * whole.
 */
export interface Tagged {
  readonly kind: 'whole' | 'data' | 'manifest';
  readonly run: string;
  readonly plan: string;
  readonly driver: string;
  readonly volume: string;
  /** Tells the volume from earlier and later ones of the same name; backups of earlier versions have none. */
  readonly volumeId?: string;
  readonly consistency: Backup['consistency'];
}

export function tagsOf({
  kind,
  run,
  plan,
  driver,
  volume,
  volumeId = '',
  consistency,
}: Tagged): readonly string[] {
  const known = isVolumeId(volumeId) ? { 'volume-id': volumeId } : {};
  const fields = { kind, run, plan, driver, volume, ...known, consistency };
  return ['holdfast', ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)];
}

/** Those of the snapshot with the manifest besides: totals, and the data that it describes, unless that is in it too. */
export function manifestTags(about: {
  readonly data?: string;
  readonly entries: number;
  readonly bytes: number;
  readonly unsettled: number;
}): readonly string[] {
  return Object.entries(about).map(([key, value]) => `${key}=${value}`);
}

/** A whole backup, with the IDs of its snapshots, which may be the same. */
export interface KnownBackup extends Backup {
  readonly data: string;
  readonly manifest: string;
  /** Absent: not known. */
  readonly volumeId?: string;
}

export interface Sorted {
  /** The newest first. */
  readonly backups: readonly KnownBackup[];
  /**
   * Snapshots of backups that are not whole, under way or cut, and claims. Others with the tag `holdfast` are not in this list: they may be
   * anybody's, or of another version.
   */
  readonly parts: readonly ResticSnapshot[];
}

/** Sorts what a repository lists. Anybody who can write there can write tags, so they pass a check. */
export function sortSnapshots(
  repository: string,
  snapshots: readonly ResticSnapshot[],
  proofs: (id: string) => Proof | undefined,
): Sorted {
  const data = snapshots.filter((one) => tagged(one, 'kind') === 'data');
  const backups = snapshots.flatMap((snapshot): readonly KnownBackup[] => {
    const run = tagged(snapshot, 'run');
    const described = isRun(run) ? dataOf(snapshot, data) : undefined;
    const consistency = consistencyOf(snapshot);
    if (described === undefined || consistency === undefined) return [];
    const proof = proofs(run);
    const volumeId = tagged(snapshot, 'volume-id');
    return [
      {
        id: run,
        repository,
        plan: tagged(snapshot, 'plan'),
        driver: tagged(snapshot, 'driver'),
        volume: tagged(snapshot, 'volume'),
        createdAt: described.time,
        host: described.hostname,
        consistency,
        entries: countOf(snapshot, 'entries'),
        bytes: countOf(snapshot, 'bytes'),
        unsettled: countOf(snapshot, 'unsettled'),
        data: described.id,
        manifest: snapshot.id,
        ...(isVolumeId(volumeId) ? { volumeId } : {}),
        ...(proof === undefined ? {} : { proof }),
      },
    ];
  });
  return {
    backups: backups.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
    parts: partsOf(snapshots, backups),
  };
}

/**
 * The snapshot with the data that the manifest in this one describes; undefined: there is none, or it is not there. `restic tag` and
 * `restic rewrite` give it another ID: then it is the only one of its run.
 */
function dataOf(snapshot: ResticSnapshot, data: readonly ResticSnapshot[]): ResticSnapshot | undefined {
  if (tagged(snapshot, 'kind') === 'whole') return snapshot;
  const wanted = tagged(snapshot, 'data');
  if (tagged(snapshot, 'kind') !== 'manifest' || wanted.length < 8) return undefined;
  const ofRun = data.filter((one) => tagged(one, 'run') === tagged(snapshot, 'run'));
  return ofRun.find(({ id }) => id.startsWith(wanted)) ?? (ofRun.length === 1 ? ofRun[0] : undefined);
}

function partsOf(
  snapshots: readonly ResticSnapshot[],
  backups: readonly KnownBackup[],
): readonly ResticSnapshot[] {
  const whole = new Set(backups.flatMap(({ data, manifest }) => [data, manifest]));
  const known = new Set(backups.map(({ id }) => id));
  const byRun = new Map<string, ResticSnapshot[]>();
  for (const one of snapshots) {
    const run = tagged(one, 'run');
    byRun.set(run, [...(byRun.get(run) ?? []), one]);
  }
  const isPart = (snapshot: ResticSnapshot): boolean => {
    const run = tagged(snapshot, 'run');
    if (whole.has(snapshot.id) || !isRun(run) || !isUnderstood(snapshot)) return false;
    const all = byRun.get(run) ?? [];
    // With both, it may be a backup that only another version can read.
    const kinds = new Set(all.map((one) => tagged(one, 'kind')));
    return known.has(run) || (all.every(isUnderstood) && !(kinds.has('data') && kinds.has('manifest')));
  };
  return snapshots.filter(isPart);
}

function isUnderstood(snapshot: ResticSnapshot): boolean {
  const kind = tagged(snapshot, 'kind');
  if (kind === 'claim') return true;
  return (kind === 'data' || kind === 'manifest') && consistencyOf(snapshot) !== undefined;
}

/** restic takes a comma for the end of a tag. */
function isVolumeId(text: string): boolean {
  return /^[\w.-]{1,100}$/.test(text);
}

function isRun(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}

function consistencyOf(snapshot: ResticSnapshot): Backup['consistency'] | undefined {
  return consistencies.find((one) => one === tagged(snapshot, 'consistency'));
}

function tagged({ tags }: ResticSnapshot, key: string): string {
  return tags.find((tag) => tag.startsWith(`${key}=`))?.slice(key.length + 1) ?? '';
}

function countOf(snapshot: ResticSnapshot, key: string): number {
  const text = tagged(snapshot, key);
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
