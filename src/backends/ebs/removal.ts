import type { VolumeName } from '../../core/names.ts';
import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { dataGone, nameTakenFor, nameTakenSince } from '../shared/name-conflicts.ts';
import { decideRemoval, isDueAtOnce } from '../shared/removal-decisions.ts';
import { attachmentHere } from './attachment/attach.ts';
import { detach } from './attachment/detach.ts';
import { endUsers, stuckOn } from './attachment/refusals.ts';
import type { EbsContext } from './context.ts';
import type { Attachment, Disk } from './ec2/ec2.ts';
import { findReadable, findVolume } from './find/by-name.ts';
import { findRemoved } from './find/lists.ts';
import type { FoundDisk } from './record/found-disk.ts';
import { keys, nameKey } from './record/keys.ts';
import { isPublishedTo } from './record/read-tags.ts';
import { removalKeys, removalTags, restoredTags } from './record/tags.ts';
import type { Removal } from './record/tags-hold.ts';
import { eraseSnapshots } from './snapshots/erase.ts';
import { finishExchange } from './snapshots/exchange.ts';

/** Hides the volume by one tag, or deletes it, as `onRemove` says. */
export async function removeDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const { present: found } = await findReadable(context, volume.name, signal);
  if (found?.record.volume.id !== volume.id) return finishDelete(context, volume, signal);
  await finishExchange(context, found, signal);
  await letGo(context, found, `Volume ${volume.name} could not be removed`, signal);
  const removal = removalOf(context, found);
  audit(context, found, removal);
  const ec2 = await context.ec2();
  await ec2.setTags([found.disk.id], removalTags(removal, volume.id), signal);
  context.recent.removed(found.disk.id, removal.removedAt);
  if (isDelete(removal)) await erase(context, { ...found, record: { ...found.record, removal } }, signal);
}

/**
 * One call makes the EBS volume with its record, so it is a volume, and the next create continues with it. Only an EBS volume
 * in state error is deleted: it was never usable.
 */
export async function discardDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const found = await findVolume(context, volume, signal);
  if (found?.disk.state !== 'error' || !found.record.isBlank) return;
  const { disk } = found;
  const evidence = `EC2 has ${disk.id} in state error, and it was never formatted: its create failed`;
  context.audit({ act: 'delete', driver: context.driver, volume: volume.name, evidence });
  await (await context.ec2()).deleteVolume(disk.id, signal);
}

/** Left by a `delete` that was interrupted. */
async function finishDelete(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const removed = await findRemoved(context, signal);
  const found = removed.find(({ record }) => record.volume.id === volume.id);
  if (found?.record.removal !== undefined && isDelete(found.record.removal))
    await erase(context, found, signal);
}

/** Detaches it here; throws `in-use` if it is attached elsewhere. */
export async function letGo(
  context: EbsContext,
  found: FoundDisk,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const { disk, record } = found;
  const here = await context.whereabouts(signal);
  await refuseElsewhere(context, found, doing, signal);
  if (attachmentHere(disk, here) === undefined) return;
  if (isPublishedTo(disk.tags, here.instanceId)) throw publishedHere(disk, doing);
  await context.turns.inTurn(disk.id, doing, signal, () => detach(context, record.volume, disk, signal));
}

function publishedHere({ id }: Disk, doing: string): VolumeError {
  return new VolumeError(
    'in-use',
    `${doing}: its disk ${id} is attached to this host for an orchestrator, which may mount it at any moment: let it detach the volume first.`,
  );
}

export async function refuseElsewhere(
  context: EbsContext,
  { disk }: FoundDisk,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const here = await context.whereabouts(signal);
  const other = disk.attachments.find(
    (one) => one.instanceId !== here.instanceId && one.state !== 'detached',
  );
  if (other !== undefined) {
    throw new VolumeError('in-use', `${doing}: its disk ${disk.id} ${elsewhere(other)}`);
  }
}

function elsewhere({ instanceId, state }: Attachment): string {
  if (state === 'busy') return `is stuck: ${stuckOn(instanceId)}. ${endUsers(instanceId)} first.`;
  if (state === 'detaching') return `is being detached from ${instanceId}: retry when that is done.`;
  return `is attached to ${instanceId}: unmount it there first.`;
}

/** What a removal now would record. */
export function removalOf({ host, settings, holds }: EbsContext, { record }: FoundDisk): Removal {
  const { onRemove, trashRetention: retention, finalSnapshot } = settings;
  const data = record.volume.options.volumeId === undefined ? 'owned' : 'adopted';
  const { kept, ...decided } = decideRemoval({ onRemove, retention, holds, now: host.now() }, data);
  return kept === 'trash' ? { ...decided, kept, finalSnapshot } : { ...decided, kept };
}

/** Whether it was removed by `delete`, proven by the hold's checksum. */
function isDelete(removal: Removal): boolean {
  return removal.kept === 'trash' && removal.hold !== undefined && isDueAtOnce(removal);
}

function audit({ audit: write, driver }: EbsContext, { disk, record }: FoundDisk, removal: Removal): void {
  if (isDelete(removal)) return;
  const volume = record.volume.name;
  const removed = `volume ${record.volume.id} was removed by request`;
  if (removal.kept !== 'trash')
    write({ act: 'retain', driver, volume, evidence: `${removed}; ${disk.id} stays as it is` });
  else
    write({
      act: 'trash',
      driver,
      volume,
      evidence: `${removed}; ${disk.id} is undeletable until ${removal.purgeAfter}`,
    });
}

/** Deletes it permanently; false if a final snapshot must be completed first. */
export async function erase(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  const ec2 = await context.ec2();
  const { removal, volume } = record;
  if (removal?.finalSnapshot ?? context.settings.finalSnapshot) {
    // Only a snapshot of this removal counts: one started before the volume was brought back has older data.
    const removedAt = removal === undefined ? {} : { 'holdfast:removed': removal.removedAt };
    const own = { 'holdfast:final-snapshot': disk.id, 'holdfast:name': volume.name, ...removedAt };
    const tags = { Name: volume.name, ...context.settings.tags, ...own };
    const about = `The last state of volume ${volume.name}, made by Holdfast before the volume was deleted`;
    const snapshot = await ec2.createSnapshot(disk.id, about, tags, signal);
    if (snapshot.state !== 'completed') return false;
  }
  await eraseSnapshots(context, volume, signal);
  const at =
    removal === undefined ? '' : `, removed at ${removal.removedAt}, kept until ${removal.purgeAfter}`;
  context.audit({
    act: removal?.purgeAfter === removal?.removedAt ? 'delete' : 'purge',
    driver: context.driver,
    volume: volume.name,
    evidence: `volume ${volume.id}${at}: EBS volume ${disk.id}, attached to nobody`,
  });
  await ec2.deleteVolume(disk.id, signal);
  return true;
}

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
