import type { VolumeName } from '../../../core/names.ts';
import type { KnownVolume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import type { Disk } from '../ec2/ec2.ts';
import { type View, writeView } from '../record/exchange.ts';
import {
  attachedFilters,
  changedFilters,
  everFilters,
  exchangeFilters,
  removedFilters,
  viewFilters,
} from '../record/filters.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { decodeAll, isAlive, isPresent, notReplaced, unreadableAmong, withRecent } from './decode.ts';

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
