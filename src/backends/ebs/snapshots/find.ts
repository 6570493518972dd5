import { isUnreadableSnapshot, type KnownSnapshot, type Snapshot } from '../../../core/protect/snapshot.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import type { Snapshot as Ec2Snapshot } from '../ec2/ec2.ts';
import { decodeSnapshot, snapshotFilters } from '../record/snapshot-tags.ts';

/** A snapshot of a volume, and EC2's snapshot that it is. */
export interface FoundSnapshot {
  readonly stored: Ec2Snapshot;
  readonly known: KnownSnapshot;
}

/** All snapshots of this driver, or of one of its volumes. What EC2 gave up making does not count. */
export async function findSnapshots(
  context: EbsContext,
  volumeId: string | undefined,
  signal: AbortSignal,
): Promise<readonly FoundSnapshot[]> {
  const { driver, recentSnapshots: recent } = context;
  const ec2 = await context.ec2();
  const listed = await ec2.findSnapshots(snapshotFilters(driver, volumeId), signal);
  const missing = recent.all().filter((id) => listed.every((snapshot) => snapshot.id !== id));
  const more = await Promise.all(missing.map((id) => ec2.snapshot(id, signal)));
  return [...listed, ...more]
    .flatMap((stored) => decoded(context, stored))
    .filter(({ known }) => volumeId === undefined || volumeIdIn(known) === volumeId);
}

function decoded(
  { driver, recentSnapshots }: EbsContext,
  stored: Ec2Snapshot | undefined,
): readonly FoundSnapshot[] {
  if (stored === undefined || stored.state === 'error' || recentSnapshots.isDeleted(stored.id)) return [];
  const known = decodeSnapshot(stored, driver);
  return known === undefined ? [] : [{ stored, known }];
}

function volumeIdIn(known: KnownSnapshot): string {
  return isUnreadableSnapshot(known) ? known.volumeId : known.volume.id;
}

/** Each name once, sorted by time. Two with one name are unreadable; the same one twice, after a repeated request, is one. */
export function namedOnce(found: readonly FoundSnapshot[]): readonly KnownSnapshot[] {
  const byName = new Map<string, FoundSnapshot[]>();
  for (const one of found) {
    const key = `${volumeIdIn(one.known)} ${one.known.name}`;
    byName.set(key, [...(byName.get(key) ?? []), one]);
  }
  return [...byName.values()].flatMap(onlyOne).sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
}

function onlyOne(same: readonly FoundSnapshot[]): readonly KnownSnapshot[] {
  const [first] = same.toSorted(earliest);
  if (first === undefined) return [];
  const other = same.find(({ known }) => idOf(known) !== idOf(first.known));
  if (other === undefined) return [first.known];
  const { name } = first.known;
  const unreadable =
    `Snapshot ${name} exists twice, as ${first.stored.id} and ${other.stored.id}: neither was touched. ` +
    'Look at both, and remove the tag holdfast:snapshot from the wrong one.';
  return [{ name, volumeId: volumeIdIn(first.known), unreadable }];
}

function earliest(a: FoundSnapshot, b: FoundSnapshot): number {
  return a.stored.startedAt - b.stored.startedAt || (a.stored.id < b.stored.id ? -1 : 1);
}

function idOf(known: KnownSnapshot): string {
  return isUnreadableSnapshot(known) ? '' : known.id;
}

function timeOf(known: KnownSnapshot): string {
  return isUnreadableSnapshot(known) ? '' : known.createdAt;
}

/** EC2's snapshots that are this one. */
export async function storedAs(
  context: EbsContext,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly Ec2Snapshot[]> {
  const found = await findSnapshots(context, snapshot.volume.id, signal);
  return found
    .filter(({ known }) => idOf(known) === snapshot.id)
    .sort(earliest)
    .map(({ stored }) => stored);
}

/** EC2's snapshot that this one is. Throws `not-found` if somebody deleted it. */
export async function requireStored(
  context: EbsContext,
  snapshot: Snapshot,
  doing: string,
  signal: AbortSignal,
): Promise<Ec2Snapshot> {
  const [stored] = await storedAs(context, snapshot, signal);
  if (stored !== undefined) return stored;
  const message = `${doing}: snapshot ${snapshot.name} of volume ${snapshot.volume.name} does not exist any more.`;
  throw new VolumeError('not-found', message);
}
