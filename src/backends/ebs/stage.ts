import { dirname } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { attachOwn } from './attachment/attach-own.ts';
import { detach } from './attachment/detach.ts';
import { deviceHere } from './attachment/disk-here.ts';
import { diskHost } from './attachment/disk-process.ts';
import { linger, takeLingering } from './attachment/linger.ts';
import { attachmentTo } from './attachment/target.ts';
import type { EbsContext } from './context.ts';
import { rootPathOf } from './disk/data.ts';
import { isDiskGone } from './disk/kernel-state.ts';
import { stageDisk, unstageDisk } from './disk/staging.ts';
import { findVolume, lookAgain } from './find/by-name.ts';
import type { FoundDisk } from './record/found-disk.ts';
import { blankKeys } from './record/tags.ts';

/** Attaches the disk, formats it if we made it and it is proven blank, and mounts it. */
export async function stageVolume(
  context: EbsContext,
  volume: Volume,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  if (await stageLingering(context, volume, mountpoint, signal)) return;
  const diskId = context.diskIds.get(volume.id) ?? (await findVolume(context, volume, signal))?.disk.id;
  if (diskId === undefined) throw gone(volume);
  await context.turns.inTurn(diskId, doingOf(volume), signal, async () => {
    // What was seen before this turn may be outdated: the attach relies only on this look.
    const found = await lookAgain(context, volume, signal);
    if (found === undefined) throw gone(volume);
    await stageFound(context, found, mountpoint, signal);
  });
}

/** Stages without a request to EC2 if a serial number proves that the disk is still attached here. False: it is not, or may not be. */
async function stageLingering(
  context: EbsContext,
  volume: Volume,
  mountpoint: string,
  signal: AbortSignal,
): Promise<boolean> {
  const found = takeLingering(context, volume);
  if (found === undefined) return false;
  return context.turns.inTurn(found.disk.id, doingOf(volume), signal, async () => {
    const own = attachmentTo(found.disk, await context.whereabouts(signal));
    const device = own && (await deviceHere(context, volume, found.disk.id, own.device));
    if (own === undefined || device?.serial === undefined) return false;
    await stageAttached(context, found, own.device, mountpoint, signal);
    return true;
  });
}

async function stageFound(
  context: EbsContext,
  { disk, record }: FoundDisk,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const { volume } = record;
  // Before anything else: another host may have taken the disk in the meantime.
  if (await isLostMount(context, volume, mountpoint))
    await unstageDisk(diskHost(context, volume, signal), volume, mountpoint);
  const device = await attachOwn(context, volume, disk, signal);
  const { instanceId } = await context.whereabouts(signal);
  const attachments = [{ instanceId, device, state: 'attached' }] as const;
  await stageAttached(context, { disk: { ...disk, attachments }, record }, device, mountpoint, signal);
}

async function stageAttached(
  context: EbsContext,
  { disk, record }: FoundDisk,
  requested: string,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const { volume, isBlank } = record;
  const ec2 = await context.ec2();
  const onFormatted = () => ec2.removeTags([disk.id], blankKeys, signal);
  const staged = {
    volume,
    diskId: disk.id,
    requested,
    mountpoint,
    isBlank,
    over: 'bare',
    onFormatted,
  } as const;
  const host = diskHost(context, volume, signal);
  await stageDisk({ ...context, host }, staged, signal);
  context.staged.set(volume.id, { disk, record: { ...record, isBlank: false } });
}

/** Whether the volume is mounted there, on a disk that this machine no longer has. */
export async function isLostMount(
  { host }: EbsContext,
  volume: Volume,
  mountpoint: string,
): Promise<boolean> {
  const state = await host.mounts.at(mountpoint);
  if (state.kind !== 'mounted') return false;
  const entry = (await host.mounts.below(dirname(mountpoint))).findLast(
    (one) => one.mountpoint === mountpoint,
  );
  // The mount is not on a disk, or is not the one that stageDisk makes there.
  if (entry?.device.startsWith('0:') || entry?.root !== `/${rootPathOf(volume)}`) return false;
  return isDiskGone(host.files, state);
}

/** Unmounts, and detaches at once or when `linger` is over. */
export async function unstageVolume(
  context: EbsContext,
  volume: Volume,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  await unstageDisk(diskHost(context, volume, signal), volume, mountpoint);
  const found = (await stagedHere(context, volume, signal)) ?? (await lookAgain(context, volume, signal));
  context.staged.delete(volume.id);
  if (found === undefined) return;
  const { disk } = found;
  const here = await context.whereabouts(signal);
  if (attachmentTo(disk, here) === undefined) return;
  if (context.settings.linger > 0) return linger(context, found);
  const doing = `Volume ${volume.name} could not be detached`;
  await context.turns.inTurn(disk.id, doing, signal, () => detach(context, volume, disk, signal));
}

/** The staged volume, unless this host has lost its disk since: then only EC2 knows who has it. */
async function stagedHere(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const found = context.staged.get(volume.id);
  const own = found && attachmentTo(found.disk, await context.whereabouts(signal));
  return own && (await deviceHere(context, volume, found.disk.id, own.device)) ? found : undefined;
}

function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be mounted`;
}

function gone(volume: Volume): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doingOf(volume)}: its EBS volume is missing: it was removed, or its tags were taken away; nothing was recreated.`,
  );
}
