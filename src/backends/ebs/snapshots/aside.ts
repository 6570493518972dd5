import type { Snapshot } from '../../../core/protect/snapshot.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { attach } from '../attachment/attach.ts';
import { detach } from '../attachment/detach.ts';
import { diskHost } from '../attachment/disk-process.ts';
import { waitAvailable } from '../await-disk.ts';
import type { EbsContext } from '../context.ts';
import { stageDisk, unstageDisk } from '../disk/staging.ts';
import type { Disk } from '../ec2/ec2.ts';
import { findDisk } from '../find/by-name.ts';
import { findViews } from '../find/lists.ts';
import { shownName } from '../record/shown.ts';
import { isBlankSnapshot } from '../record/snapshot-tags.ts';
import { encodeRecord, viewTags } from '../record/tags.ts';
import { awaitComplete } from './await-complete.ts';
import { requireStored } from './find.ts';

/** Shows it by an EBS volume made of it, in this host's zone, which is deleted afterwards, also after a crash (`clearLeftovers`). */
export async function stageSnapshot(
  context: EbsContext,
  snapshot: Snapshot,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await context.host.mounts.at(mountpoint)).kind === 'mounted') return;
  context.copying.add(snapshot.id);
  try {
    const disk = await provideView(context, snapshot, signal);
    await stageView(context, snapshot, disk, mountpoint, signal);
  } catch (error) {
    // Left to the next look for leftovers, which takes down what is not mounted.
    context.copying.delete(snapshot.id);
    throw error;
  }
}

async function stageView(
  context: EbsContext,
  snapshot: Snapshot,
  disk: Disk,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const volume = shown(snapshot);
  const doing = `Snapshot ${snapshot.name} of volume ${volume.name} could not be read`;
  await context.turns.inTurn(disk.id, doing, signal, async () => {
    const { device: requested } = await attach(context, volume, disk, signal);
    const view = { volume, diskId: disk.id, requested, mountpoint, isBlank: false, over: 'bare' } as const;
    const host = diskHost(context, volume, signal);
    await stageDisk({ ...context, host }, { ...view, onFormatted: async () => undefined }, signal);
  });
}

export async function unstageSnapshot(
  context: EbsContext,
  snapshot: Snapshot,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const volume = shown(snapshot);
  await unstageDisk(diskHost(context, volume, signal), volume, mountpoint);
  const { instanceId: maker } = await context.whereabouts(signal);
  const found = await findViews(context, { snapshotId: snapshot.id, maker }, signal);
  for (const { disk } of found) await removeView(context, volume, disk.id, signal);
  context.copying.delete(snapshot.id);
}

/** Its journal is replayed on the disk, which nobody else has; what is shown is read-only. */
function shown({ id, volume }: Snapshot): Volume {
  return { ...volume, id, options: { ...volume.options, readOnly: 'true' } };
}

async function provideView(context: EbsContext, snapshot: Snapshot, signal: AbortSignal): Promise<Disk> {
  const { driver, settings, host, views } = context;
  const { volume, id, name } = snapshot;
  const doing = `Snapshot ${name} of volume ${volume.name} could not be read`;
  const here = await context.whereabouts(signal);
  const view = { snapshotId: id, maker: here.instanceId };
  const [known] = await findViews(context, view, signal);
  if (known !== undefined) return known.disk;
  const stored = await requireStored(context, snapshot, doing, signal);
  if (isBlankSnapshot(stored))
    throw new VolumeError(
      'invalid',
      `${doing}: its volume had never been mounted then, so there is no file system in it: make a new snapshot after the first mount.`,
    );
  await awaitComplete(context, stored, doing, signal);
  const tags = {
    ...encodeRecord({ driver, volume, isBlank: false }, settings.tags),
    Name: shownName(`${volume.name}@${name}`),
    ...viewTags(view),
  };
  const ec2 = await context.ec2();
  const wanted = { zone: here.zone, type: 'gp3', snapshotId: stored.id, tags } as const;
  const disk = await ec2.createVolume(wanted, host.newId(), signal);
  views.set(id, disk.id);
  await waitAvailable(context, shown(snapshot), disk, signal);
  return { ...disk, state: 'available' };
}

/** Detaches and deletes it, if it still shows a snapshot. Throws `in-use` while it is mounted here. */
export async function removeView(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  signal: AbortSignal,
): Promise<void> {
  const doing = `The copy of a snapshot of volume ${volume.name} could not be removed`;
  await context.turns.inTurn(diskId, doing, signal, async () => {
    const now = await findDisk(context, diskId, signal);
    if (now?.record.view === undefined) return;
    await detach(context, volume, now.disk, signal);
    await (await context.ec2()).deleteVolume(diskId, signal);
  });
}
