import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { attachmentHere } from './attach.ts';
import { detach } from './detach.ts';
import type { EbsContext } from './ebs-context.ts';
import { type FoundDisk, findByName, findDisk, findRemoved, findVolume } from './find-disk.ts';
import { ownKeys, presentTags, type Removal, removalKeys, removalTags, restoredKey } from './tags.ts';

/** Hides the volume by one tag, or deletes it, as `onRemove` says. */
export async function removeDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const found = await findVolume(context, volume, signal);
  if (found === undefined) return finishDelete(context, volume, signal);
  await letGo(context, found, signal);
  const removal = removalOf(context, found);
  audit(context, found, removal);
  const ec2 = await context.ec2();
  await ec2.setTags([found.disk.id], removalTags(removal), signal);
  context.recent.removed(found.disk.id, removal.removedAt);
  if (isDueAtOnce(removal)) await erase(context, { ...found, record: { ...found.record, removal } }, signal);
}

/**
 * One call makes the EBS volume with its record: what was made is a volume, and the next create goes on with it. Only one
 * that EC2 gave up is deleted: it never was usable.
 */
export async function discardDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const found = await findVolume(context, volume, signal);
  if (found?.disk.state !== 'error' || !found.record.isBlank) return;
  const { disk } = found;
  const evidence = `EC2 has ${disk.id} in state error, and it was never formatted: its create failed`;
  context.audit({ act: 'delete', driver: context.driver, volume: volume.name, evidence });
  await (await context.ec2()).deleteVolume(disk.id, signal);
}

/** Of a `delete` that was stopped half-way. */
async function finishDelete(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const removed = await findRemoved(context, signal);
  const found = removed.find(({ record }) => record.volume.id === volume.id);
  if (found?.record.removal !== undefined && isDueAtOnce(found.record.removal))
    await erase(context, found, signal);
}

/** Attached here it is detached; attached elsewhere somebody uses it. */
async function letGo(context: EbsContext, { disk, record }: FoundDisk, signal: AbortSignal): Promise<void> {
  const here = await context.whereabouts(signal);
  const other = disk.attachments.find(
    (one) => one.instanceId !== here.instanceId && one.state !== 'detached',
  );
  if (other !== undefined) {
    throw new VolumeError(
      'in-use',
      `Volume ${record.volume.name} could not be removed: its disk ${disk.id} is attached to ${other.instanceId}: unmount it there first.`,
    );
  }
  if (attachmentHere(disk, here) === undefined) return;
  const doing = `Volume ${record.volume.name} could not be removed`;
  await context.turns.inTurn(disk.id, doing, signal, () => detach(context, record.volume, disk, signal));
}

function removalOf({ host, settings }: EbsContext, { record }: FoundDisk): Removal {
  const now = host.now();
  const removedAt = new Date(now).toISOString();
  const adopted = record.volume.options.volumeId !== undefined;
  if (settings.onRemove === 'retain') return { removedAt, kept: adopted ? 'adopted' : 'in-place' };
  const stay = settings.onRemove === 'delete' && !adopted ? 0 : settings.trashRetention;
  return { removedAt, purgeAfter: new Date(now + stay).toISOString(), kept: adopted ? 'adopted' : 'trash' };
}

function isDueAtOnce({ removedAt, purgeAfter, kept }: Removal): boolean {
  return kept === 'trash' && purgeAfter === removedAt;
}

function audit({ audit: write, driver }: EbsContext, { disk, record }: FoundDisk, removal: Removal): void {
  if (isDueAtOnce(removal)) return;
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

/** Deletes it for good; false when a final snapshot must be complete first. */
async function erase(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  const ec2 = await context.ec2();
  const { removal, volume } = record;
  if (context.settings.finalSnapshot) {
    const own = { 'holdfast:final-snapshot': disk.id, 'holdfast:name': volume.name };
    const tags = { Name: volume.name, ...context.settings.tags, ...own };
    const snapshot = await ec2.createSnapshot(disk.id, tags, signal);
    if (snapshot.state !== 'completed') return false;
  }
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

function asRemoved({ record: { volume, removal } }: FoundDisk): readonly RemovedVolume[] {
  if (removal === undefined) return [];
  const { removedAt, purgeAfter } = removal;
  return [purgeAfter === undefined ? { volume, removedAt } : { volume, removedAt, purgeAfter }];
}

export async function undeleteDisk(
  context: EbsContext,
  { volume }: RemovedVolume,
  signal: AbortSignal,
): Promise<Volume> {
  const present = await findByName(context, volume.name, signal);
  if (present?.record.volume.id === volume.id) return present.record.volume;
  const doing = `Volume ${volume.name} could not be brought back`;
  if (present !== undefined) {
    throw new VolumeError('conflict', `${doing}: another volume has its name since. Remove that one first.`);
  }
  const found = (await findRemoved(context, signal)).find(({ record }) => record.volume.id === volume.id);
  if (found === undefined) throw new VolumeError('not-found', `${doing}: its data is not there any more.`);
  const ec2 = await context.ec2();
  context.audit({
    act: 'undelete',
    driver: context.driver,
    volume: volume.name,
    evidence: `volume ${volume.id} was asked back; ${found.disk.id} is still there`,
  });
  const restoredAt = new Date(context.host.now()).toISOString();
  await ec2.setTags([found.disk.id], { ...presentTags, [restoredKey]: restoredAt }, signal);
  context.recent.created(volume.name, found.disk.id);
  await ec2.removeTags([found.disk.id], removalKeys, signal);
  return found.record.volume;
}

/** Deletes what is over; an adopted EBS volume is only forgotten. One that fails is logged, and tried again by the next purge. */
export async function purgeDisks(
  context: EbsContext,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  const purged: RemovedVolume[] = [];
  for (const found of await findRemoved(context, signal)) {
    const { removal, volume } = found.record;
    if (removal?.purgeAfter === undefined || Date.parse(removal.purgeAfter) > context.host.now()) continue;
    try {
      if (!(await isStillRemoved(context, found, signal))) continue;
      if (removal.kept === 'adopted') await forget(context, found, signal);
      else if (await erase(context, found, signal)) purged.push(...asRemoved(found));
    } catch (error) {
      context.log.write('warn', 'purge-failed', {
        driver: context.driver,
        volume: volume.name,
        id: volume.id,
        error,
      });
    }
  }
  return purged;
}

/** The index of tags may be behind: another host may have brought it back a moment ago. */
async function isStillRemoved(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  const now = await findDisk(context, disk.id, signal);
  return now?.record.removal?.removedAt === record.removal?.removedAt;
}

async function forget(context: EbsContext, { disk }: FoundDisk, signal: AbortSignal): Promise<void> {
  const ec2 = await context.ec2();
  await ec2.removeTags([disk.id], ownKeys(disk.tags), signal);
}
