import type { UnreadableVolume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import type { Disk } from '../ec2/ec2.ts';
import { actualOptions } from '../record/actual-options.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { restoredKey, tokenKey } from '../record/keys.ts';
import { decodeRecord, unreadableOn } from '../record/read-tags.ts';
import type { DiskRecord } from '../record/tags.ts';

/** Includes disks just created here, which the index of tags may not show yet. */
export async function withRecent(
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
export function notReplaced(present: readonly FoundDisk[]): readonly FoundDisk[] {
  const isReplaced = ({ disk, record }: FoundDisk) =>
    present.some(
      (other) => other.record.replaces?.diskId === disk.id && other.record.volume.id === record.volume.id,
    );
  return present.filter((disk) => !isReplaced(disk));
}

export function isPresent({ recent }: EbsContext, { disk, record }: FoundDisk): boolean {
  if (record.next !== undefined || record.view !== undefined) return false;
  return record.removal === undefined && !recent.isRemoved(disk.id, disk.tags[restoredKey]);
}

export function isAlive({ state }: Disk): boolean {
  return state !== 'deleting' && state !== 'deleted';
}

/** An adopted disk was made by somebody else, who decides how big or what type it is. */
function withActual(record: DiskRecord, disk: Disk): DiskRecord {
  if (record.volume.options.volumeId === undefined) return record;
  return { ...record, volume: { ...record.volume, actual: actualOptions(disk) } };
}

/** An unreadable record does not hide the others; its EBS volume is never touched. */
export function decodeAll({ driver, log, tokens }: EbsContext, disks: readonly Disk[]): readonly FoundDisk[] {
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
export function unreadableAmong(
  { driver, recent }: EbsContext,
  disks: readonly Disk[],
): readonly UnreadableVolume[] {
  return disks.flatMap((disk) => {
    const found = recent.isRemoved(disk.id, disk.tags[restoredKey]) ? undefined : unreadableOn(disk, driver);
    return found === undefined ? [] : [found];
  });
}
