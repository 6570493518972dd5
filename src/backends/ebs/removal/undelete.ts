import type { VolumeName } from '../../../core/names.ts';
import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { dataGone, nameTakenFor, nameTakenSince } from '../../shared/name-conflicts.ts';
import type { EbsContext } from '../context.ts';
import { findReadable } from '../find/by-name.ts';
import { findRemoved } from '../find/lists.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { keys, nameKey } from '../record/keys.ts';
import { removalKeys, restoredTags } from '../record/tags.ts';

export async function listRemovedDisks(
  context: EbsContext,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  const removed = await findRemoved(context, signal);
  return removed.flatMap(asRemoved).sort((a, b) => (a.removedAt < b.removedAt ? 1 : -1));
}

export function asRemoved({ record: { volume, removal } }: FoundDisk): readonly RemovedVolume[] {
  if (removal === undefined) return [];
  const { removedAt, purgeAfter } = removal;
  return [purgeAfter === undefined ? { volume, removedAt } : { volume, removedAt, purgeAfter }];
}

/** The disk, and whether an earlier attempt brought it back already. Throws `conflict` if the name is taken, `not-found` if the disk is gone. */
export async function requireRecoverable(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<{ readonly found: FoundDisk; readonly isBack: boolean }> {
  const { present } = await findReadable(context, volume.name, signal);
  if (present?.record.volume.id === volume.id) return { found: present, isBack: true };
  if (present !== undefined) throw nameTakenSince(volume);
  const found = (await findRemoved(context, signal)).find(({ record }) => record.volume.id === volume.id);
  if (found === undefined) throw dataGone(volume);
  return { found, isBack: false };
}

/** The disk. Throws `conflict` if the name is taken, `not-found` if the disk is gone. */
export async function requireRenamable(
  context: EbsContext,
  volume: Volume,
  name: VolumeName,
  signal: AbortSignal,
): Promise<FoundDisk> {
  const { present } = await findReadable(context, name, signal);
  if (present !== undefined) throw nameTakenFor(volume, name);
  const found = (await findRemoved(context, signal)).find(({ record }) => record.volume.id === volume.id);
  if (found === undefined) throw dataGone(volume);
  return found;
}

/** One request changes the tag that is the name. The label stays if somebody else gave it. */
export async function renameRemovedDisk(
  context: EbsContext,
  removed: RemovedVolume,
  name: VolumeName,
  signal: AbortSignal,
): Promise<RemovedVolume> {
  const { volume } = removed;
  const { disk } = await requireRenamable(context, volume, name, signal);
  const evidence = `removed volume ${volume.name}, ${volume.id}, is to be brought back as ${name}: ${disk.id}`;
  context.audit({ act: 'undelete', driver: context.driver, volume: name, evidence });
  const label = disk.tags[nameKey] === volume.name ? { [nameKey]: name } : {};
  await (await context.ec2()).setTags([disk.id], { [keys.name]: name, ...label }, signal);
  return { ...removed, volume: { ...volume, name } };
}

export async function undeleteDisk(
  context: EbsContext,
  { volume }: RemovedVolume,
  signal: AbortSignal,
): Promise<Volume> {
  const { found, isBack } = await requireRecoverable(context, volume, signal);
  if (isBack) return found.record.volume;
  const ec2 = await context.ec2();
  context.audit({
    act: 'undelete',
    driver: context.driver,
    volume: volume.name,
    evidence: `volume ${volume.id} was asked back; ${found.disk.id} is still there`,
  });
  const restoredAt = new Date(context.host.now()).toISOString();
  await ec2.setTags([found.disk.id], restoredTags(restoredAt), signal);
  context.recent.created(volume.name, found.disk.id);
  await ec2.removeTags([found.disk.id], removalKeys, signal);
  // Its name may have been changed a moment ago.
  return { ...found.record.volume, name: volume.name };
}
