import type { Options, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { waitUntil } from '../attachment/wait-until.ts';
import type { EbsContext } from '../context.ts';
import type { Modification, WantedChange } from '../ec2/ec2.ts';
import { leadsTo } from '../ec2/modify-volume.ts';
import { isEc2Error } from '../ec2/refusals.ts';
import { notGone } from '../not-gone.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { optionTags } from '../record/tags.ts';
import { requirePresent } from '../snapshots/source-disk.ts';
import { growHere } from './grow-here.ts';
import { changeWords, type PlannedChange, planChange } from './plan.ts';
import { failedChange, tooManyChanges, underWay } from './refusals.ts';

/**
 * One request changes the EBS volume; what it has then is recorded, and a mounted file system gets the new size. Repeated after a failure,
 * it continues: what the EBS volume has already is not requested again, and the next mount enlarges the file system, too.
 */
export async function modifyVolume(
  context: EbsContext,
  volume: Volume,
  wanted: Options,
  mountpoint: string | undefined,
  doing: string,
  signal: AbortSignal,
): Promise<Volume> {
  const found = await requirePresent(context, volume, doing, signal);
  const planned = planChange(found, wanted, doing);
  await changeDisk(context, found, planned.change, doing, signal);
  await record(context, found, planned, signal);
  if (mountpoint !== undefined) await growHere(context, found, planned.volume, mountpoint, doing, signal);
  return planned.volume;
}

/** Looks alone, in the order of `modifyVolume`. */
export async function foreseeModify(
  context: EbsContext,
  volume: Volume,
  wanted: Options,
  doing: string,
  signal: AbortSignal,
): Promise<Volume> {
  const found = await requirePresent(context, volume, doing, signal);
  const planned = planChange(found, wanted, doing);
  await begunBefore(context, found, planned.change, doing, signal);
  return planned.volume;
}

async function changeDisk(
  context: EbsContext,
  found: FoundDisk,
  change: WantedChange,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  const begun =
    (await begunBefore(context, found, change, doing, signal)) ??
    (await begin(context, found, change, doing, signal));
  await awaitUsable(context, found, begun, change, doing, signal);
}

/** An earlier request for the same. Throws `unavailable` while EC2 makes another change. */
async function begunBefore(
  context: EbsContext,
  { disk }: FoundDisk,
  change: WantedChange,
  doing: string,
  signal: AbortSignal,
): Promise<Modification | undefined> {
  if (Object.keys(change).length === 0) return undefined;
  const last = await (await context.ec2()).modification(disk.id, signal);
  if (last?.state !== 'modifying' && last?.state !== 'optimizing') return undefined;
  if (leadsTo(last, change)) return last;
  throw underWay(doing, disk, last);
}

async function begin(
  context: EbsContext,
  { disk, record: { volume } }: FoundDisk,
  change: WantedChange,
  doing: string,
  signal: AbortSignal,
): Promise<Modification> {
  const ec2 = await context.ec2();
  const { sizeGiB: _, ...performance } = change;
  const act = Object.keys(performance).length === 0 ? 'grow' : 'modify';
  const evidence = `by request ${changeWords(disk, change)}: ${disk.id}`;
  context.audit({ act, driver: context.driver, volume: volume.name, evidence });
  try {
    return await ec2.modifyVolume(disk.id, change, signal);
  } catch (error) {
    if (isEc2Error(error, 'VolumeModificationRateExceeded'))
      throw tooManyChanges(doing, disk, await ec2.modification(disk.id, signal), error);
    if (isEc2Error(error, 'IncorrectModificationState'))
      throw underWay(doing, disk, await ec2.modification(disk.id, signal), error);
    throw error;
  }
}

/** Until the new size can be used. The new performance may take hours more, and nobody waits for it. */
async function awaitUsable(
  context: EbsContext,
  { disk }: FoundDisk,
  begun: Modification,
  change: WantedChange,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  if (begun.state === 'optimizing' || begun.state === 'completed') return;
  const ec2 = await context.ec2();
  const { clock } = context;
  const sentence = `${doing}: EC2 is still changing ${disk.id}: repeat the call to continue.`;
  const gone = () => new VolumeError('not-found', `${doing}: somebody deleted ${disk.id}.`);
  const look = notGone(clock, () => ec2.modification(disk.id, signal), gone);
  await waitUntil({ clock, sentence, signal }, async () => {
    const now = await look();
    // EC2 may still answer with an earlier change.
    if (now === undefined || now.startedAt < begun.startedAt) return undefined;
    if (now.state === 'failed') throw failedChange(doing, disk, now);
    return now.state !== 'modifying' && leadsTo(now, change) ? now : undefined;
  });
}

async function record(
  context: EbsContext,
  { disk, record: { volume: before } }: FoundDisk,
  { volume }: PlannedChange,
  signal: AbortSignal,
): Promise<void> {
  const tags = optionTags(volume);
  const had = optionTags(before);
  if (Object.entries(tags).every(([key, value]) => had[key] === value)) return;
  const ec2 = await context.ec2();
  const now = await ec2.volume(disk.id, signal);
  if (now?.tags['holdfast:id'] !== volume.id)
    throw new VolumeError('not-found', `Volume ${volume.name} was changed, but is not there any more.`);
  await ec2.setTags([disk.id], tags, signal);
}
