import type { Snapshot, SnapshotCopy } from '../../../core/protect/snapshot.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import type { Ec2, Snapshot as Ec2Snapshot, SnapshotSource } from '../ec2/ec2.ts';
import { isEc2Error } from '../ec2/refusals.ts';
import { askedTags, copiedTags, refusedTags } from '../record/copied-to.ts';
import { copyTags } from '../record/snapshot-tags.ts';
import { awaitComplete } from './await-complete.ts';
import { requireStored } from './find.ts';
import { type CopyPlace, findCopy, findSettled } from './find-copy.ts';

export function copyingOf({ name, volume }: Snapshot, place: string): string {
  return `Snapshot ${name} of volume ${volume.name} could not be copied to ${place}`;
}

/**
 * Begins the copy in the other region; EC2 makes it by itself. A tag of the source says so beforehand: a call that is repeated finds the
 * copy of the one before, however that ended.
 */
export async function copySnapshot(
  context: EbsContext,
  snapshot: Snapshot,
  region: string,
  signal: AbortSignal,
): Promise<SnapshotCopy> {
  const place = await placeOf(context, snapshot, region, signal);
  const present = await findSettled(context, place, signal);
  if (present?.state === 'error') await giveUp(context, place, present, signal);
  if (present !== undefined) return answerOf(place, present);
  await awaitComplete(context, place.stored, place.doing, signal);
  const id = await beginCopy(context, place, signal);
  const begun = await place.there.snapshot(id, signal);
  return answerOf(place, begun ?? { id, state: 'pending', progress: 0 });
}

/** Looks alone, in the order of `copySnapshot`. */
export async function foreseeCopy(
  context: EbsContext,
  snapshot: Snapshot,
  region: string,
  signal: AbortSignal,
): Promise<SnapshotCopy | undefined> {
  const place = await placeOf(context, snapshot, region, signal);
  const present = await findCopy(context, place, signal);
  if (present?.state === 'error') throw failedCopy(place, present);
  return present && answerOf(place, present);
}

async function placeOf(
  context: EbsContext,
  snapshot: Snapshot,
  region: string,
  signal: AbortSignal,
): Promise<CopyPlace> {
  const doing = copyingOf(snapshot, region);
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(region))
    throw new VolumeError('invalid', `${doing}: that is not a region: write one such as eu-west-1.`);
  const here = await context.whereabouts(signal);
  if (here.region === region)
    throw new VolumeError('invalid', `${doing}: it is in that region already: name another one.`);
  const { id } = await requireStored(context, snapshot, doing, signal);
  // By its ID: what a search by tags answers may be some seconds old.
  const stored = await (await context.ec2()).snapshot(id, signal);
  if (stored === undefined) throw new VolumeError('not-found', `${doing}: somebody deleted ${id}.`);
  return { snapshot, stored, from: here.region, region, there: await context.ec2In(region), doing };
}

async function beginCopy(context: EbsContext, place: CopyPlace, signal: AbortSignal): Promise<string> {
  const { snapshot, stored, region, there, from, doing } = place;
  const { driver, settings, host } = context;
  const source: SnapshotSource = { region: from, snapshotId: stored.id };
  const description = `Copied by Holdfast from ${stored.id} in ${from}`;
  const tags = copyTags(stored, source, description, settings.tags, doing);
  const ec2 = await context.ec2();
  const evidence = `snapshot ${snapshot.name} of ${snapshot.createdAt}, ${stored.id}, is copied to ${region} by request`;
  context.audit({ act: 'copy', driver, volume: snapshot.volume.name, evidence });
  await ec2.setTags([stored.id], askedTags(region, host.now()), signal);
  const id = await there.copySnapshot(source, description, tags, signal).catch(async (error) => {
    if (isEc2Error(error) && !error.mayBeDone) await noteRefusal(ec2, place, signal);
    throw error;
  });
  await ec2.setTags([stored.id], copiedTags(region, id), signal);
  return id;
}

/** So that the next call need not wait. What EC2 refused is the error to report, whatever becomes of this. */
async function noteRefusal(ec2: Ec2, { stored, region }: CopyPlace, signal: AbortSignal): Promise<void> {
  await ec2.setTags([stored.id], refusedTags(region), signal).catch(() => undefined);
}

async function giveUp(
  { audit, driver }: EbsContext,
  place: CopyPlace,
  failed: Ec2Snapshot,
  signal: AbortSignal,
): Promise<never> {
  const { snapshot, region, there } = place;
  const evidence = `EC2 has ${failed.id} in ${region} in state error: that copy of snapshot ${snapshot.name} was never complete`;
  audit({ act: 'delete', driver, volume: snapshot.volume.name, evidence });
  await there.deleteSnapshot(failed.id, signal);
  throw failedCopy(place, failed);
}

function failedCopy({ doing }: CopyPlace, { id, says }: Ec2Snapshot): VolumeError {
  const words = says === '' ? '' : ` (${says})`;
  const message = `${doing}: EC2 gave up its copy ${id}${words}: check that this host's role may use the KMS keys of both regions, then retry.`;
  return new VolumeError('failed', message);
}

function answerOf(
  { region }: CopyPlace,
  { id, state, progress }: Pick<Ec2Snapshot, 'id' | 'state' | 'progress'>,
): SnapshotCopy {
  return state === 'completed' ? { id, place: region } : { id, place: region, progress };
}
