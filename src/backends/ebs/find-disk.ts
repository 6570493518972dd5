import type { VolumeName } from '../../core/names.ts';
import { type KnownVolume, requireReadable, type UnreadableVolume, type Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { EbsContext } from './context.ts';
import type { Disk } from './ec2/ec2.ts';
import { actualOptions } from './record/actual-options.ts';
import { type View, writeView } from './record/exchange.ts';
import {
  attachedFilters,
  changedFilters,
  everFilters,
  exchangeFilters,
  nameTag,
  removedFilters,
  viewFilters,
} from './record/filters.ts';
import type { FoundDisk } from './record/found-disk.ts';
import { type DiskRecord, decodeRecord, restoredKey, tokenKey, unreadableOn } from './record/tags.ts';

/** The volumes that have a name. */
export interface Named {
  readonly present: FoundDisk | undefined;
  /** Removed volumes that had the name. */
  readonly removed: readonly FoundDisk[];
  /** A disk of which only the name tag can be read; it may be the one meant. */
  readonly unreadable: UnreadableVolume | undefined;
}

/** Throws `conflict` if two are present: neither is touched. */
export async function findNamed(context: EbsContext, name: VolumeName, signal: AbortSignal): Promise<Named> {
  const ec2 = await context.ec2();
  const listed = await ec2.findTagged(everFilters(context.driver), nameTag(name), signal);
  const disks = await withRecent(context, listed, [context.recent.createdAs(name)], signal);
  const named = decodeAll(context, disks).filter(({ record }) => record.volume.name === name);
  const [one, other] = notReplaced(named.filter((disk) => isPresent(context, disk)));
  if (one !== undefined && other !== undefined) {
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists twice, as ${one.disk.id} and ${other.disk.id}: neither was touched. ` +
        'Look at both, and remove the tag holdfast:driver from the wrong one.',
    );
  }
  if (one !== undefined) context.diskIds.set(one.record.volume.id, one.disk.id);
  return {
    present: one,
    removed: named.filter(({ record }) => record.removal !== undefined),
    unreadable: unreadableAmong(context, disks).find((volume) => volume.name === name),
  };
}

/** Only the readable volumes; for actions that change nothing under the name. */
export async function findByName(
  context: EbsContext,
  name: VolumeName,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  return (await findNamed(context, name, signal)).present;
}

/** For actions on a name. Throws `failed` if tags cannot be read, because the volume may exist twice. */
export async function findReadable(
  context: EbsContext,
  name: VolumeName,
  signal: AbortSignal,
): Promise<Named> {
  const found = await findNamed(context, name, signal);
  if (found.unreadable !== undefined) requireReadable(found.unreadable);
  return found;
}

/** The same volume, unless it was removed or created again since. */
export async function findVolume(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const found = await findByName(context, volume.name, signal);
  return found?.record.volume.id === volume.id ? found : undefined;
}

/**
 * The same by the ID of its EBS volume, once that is known: such a look does not lag behind, as the index of tags does. It does not
 * notice a duplicate name, so it is only for volumes that the driver has just looked up by name.
 */
export async function lookAgain(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const id = context.diskIds.get(volume.id);
  const known = id === undefined ? undefined : await findDisk(context, id, signal);
  const isIt = known?.record.volume.id === volume.id && isPresent(context, known);
  if (!isIt) return findVolume(context, volume, signal);
  return (await replacementOf(context, known, signal)) ?? known;
}

/** This EBS volume as it is now, whether the volume is present or removed. */
export async function findDisk(
  context: EbsContext,
  diskId: string,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const disk = await (await context.ec2()).volume(diskId, signal);
  return disk && isAlive(disk) ? decodeAll(context, [disk])[0] : undefined;
}

/** All volumes of the driver, including those of which only the name can be read. */
export async function findAll(
  context: EbsContext,
  signal: AbortSignal,
): Promise<{ readonly disks: readonly Disk[]; readonly volumes: readonly KnownVolume[] }> {
  const ec2 = await context.ec2();
  // Not filtered by the state tag: a volume that lost it still exists.
  const listed = await ec2.findVolumes(everFilters(context.driver), signal);
  const disks = await withRecent(context, listed, [...context.recent.all()], signal);
  const found = notReplaced(decodeAll(context, disks).filter((disk) => isPresent(context, disk)));
  const volumes = new Map<VolumeName, KnownVolume>();
  for (const { record } of found) volumes.set(record.volume.name, record.volume);
  // As in a lookup, an unreadable volume hides a readable one of the same name: it is unknown which is meant.
  for (const volume of unreadableAmong(context, disks)) volumes.set(volume.name, volume);
  return { disks: found.map(({ disk }) => disk), volumes: [...volumes.values()] };
}

/** All that were created or removed within the last minutes, including removed ones. */
export async function findChanged(context: EbsContext, signal: AbortSignal): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  const filters = changedFilters(context.driver, context.host.now());
  return decodeAll(context, (await ec2.findVolumes(filters, signal)).filter(isAlive));
}

/** All that are attached to an instance, including removed ones. */
export async function findAttachedTo(
  context: EbsContext,
  instanceId: string,
  signal: AbortSignal,
): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  return decodeAll(context, await ec2.findVolumes(attachedFilters(context.driver, instanceId), signal));
}

/** Those that a rollback is making, and those that one has made or replaced while it died before its end. */
export async function findExchanges(context: EbsContext, signal: AbortSignal): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  const disks = await ec2.findVolumes(exchangeFilters(context.driver), signal);
  return decodeAll(context, disks.filter(isAlive)).filter(
    ({ record: { next, view, replaces, replacedBy } }) =>
      (next ?? view ?? replaces ?? replacedBy) !== undefined,
  );
}

/** Those that show this snapshot to this host. */
export async function findViews(
  context: EbsContext,
  view: View,
  signal: AbortSignal,
): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  const listed = await ec2.findVolumes(viewFilters(context.driver, writeView(view)), signal);
  const disks = await withRecent(context, listed, [context.views.get(view.snapshotId)], signal);
  return decodeAll(context, disks).filter(({ record }) => record.view?.snapshotId === view.snapshotId);
}

/** All removed volumes whose EBS volume still exists. */
export async function findRemoved(context: EbsContext, signal: AbortSignal): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  const disks = await ec2.findVolumes(removedFilters(context.driver), signal);
  const removed = decodeAll(context, disks).filter(({ record }) => record.removal !== undefined);
  context.removed.bytes = removed.reduce((sum, { disk }) => sum + disk.sizeGiB * 2 ** 30, 0);
  return removed;
}

/** Includes disks just created here, which the index of tags may not show yet. */
async function withRecent(
  context: EbsContext,
  listed: readonly Disk[],
  recent: readonly (string | undefined)[],
  signal: AbortSignal,
): Promise<readonly Disk[]> {
  const ec2 = await context.ec2();
  const missing = recent.filter((id) => id !== undefined && !listed.some((disk) => disk.id === id));
  const more = await Promise.all(
    missing.map((id) => (id === undefined ? undefined : ec2.volume(id, signal))),
  );
  return [...listed, ...more.filter((disk) => disk !== undefined)].filter(isAlive);
}

/** Without those that a rollback has replaced: it died before it marked them as removed. */
function notReplaced(present: readonly FoundDisk[]): readonly FoundDisk[] {
  const isReplaced = ({ disk, record }: FoundDisk) =>
    present.some(
      (other) => other.record.replaces?.diskId === disk.id && other.record.volume.id === record.volume.id,
    );
  return present.filter((disk) => !isReplaced(disk));
}

/** The EBS volume that is this volume by now, by a rollback of another host; undefined if it still is this one. */
async function replacementOf(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  if (record.replacedBy === undefined) return undefined;
  const other = await findDisk(context, record.replacedBy, signal);
  if (other?.record.replaces?.diskId !== disk.id || !isPresent(context, other)) return undefined;
  context.diskIds.set(record.volume.id, other.disk.id);
  return other;
}

function isPresent({ recent }: EbsContext, { disk, record }: FoundDisk): boolean {
  if (record.next !== undefined || record.view !== undefined) return false;
  return record.removal === undefined && !recent.isRemoved(disk.id, disk.tags[restoredKey]);
}

function isAlive({ state }: Disk): boolean {
  return state !== 'deleting' && state !== 'deleted';
}

/** An adopted disk was made by somebody else, who decides how big or what type it is. */
function withActual(record: DiskRecord, disk: Disk): DiskRecord {
  if (record.volume.options.volumeId === undefined) return record;
  return { ...record, volume: { ...record.volume, actual: actualOptions(disk) } };
}

/** An unreadable record does not hide the others; its EBS volume is never touched. */
function decodeAll({ driver, log, tokens }: EbsContext, disks: readonly Disk[]): readonly FoundDisk[] {
  return disks.flatMap((disk) => {
    const parsed = decodeRecord(disk.tags);
    if (parsed === undefined) return [];
    if ('value' in parsed) {
      const record = withActual(parsed.value, disk);
      if (record.driver !== driver) return [];
      const { name, createdAt } = record.volume;
      tokens.used(name, Number(disk.tags[tokenKey] ?? 0), Date.parse(createdAt));
      return [{ disk, record }];
    }
    log.write('error', 'record-unreadable', { driver, file: disk.id, reason: parsed.reason });
    return [];
  });
}

/** Leaves out removed ones: their name is free, whatever else can be read of them. */
function unreadableAmong(
  { driver, recent }: EbsContext,
  disks: readonly Disk[],
): readonly UnreadableVolume[] {
  return disks.flatMap((disk) => {
    const found = recent.isRemoved(disk.id, disk.tags[restoredKey]) ? undefined : unreadableOn(disk, driver);
    return found === undefined ? [] : [found];
  });
}
