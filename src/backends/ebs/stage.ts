import { dirname } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { attach, attachmentHere } from './attach.ts';
import { detach } from './detach.ts';
import { rootPathOf } from './disk-data.ts';
import { isDiskGone } from './disk-held.ts';
import { diskHost } from './disk-host.ts';
import { stageDisk, unstageDisk } from './disk-staging.ts';
import type { EbsContext } from './ebs-context.ts';
import { type FoundDisk, findDisk, findVolume } from './find-disk.ts';
import { backgroundPatience } from './idle-disks.ts';
import { blankKeys } from './tags.ts';

/** Attaches the disk, puts a file system on one that we made and that is proven blank, and mounts it. */
export async function stageVolume(
  context: EbsContext,
  volume: Volume,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const found = await findVolume(context, volume, signal);
  if (found === undefined) throw gone(volume);
  const diskId = found.disk.id;
  stopLingering(context, diskId);
  const doing = `Volume ${volume.name} could not be mounted`;
  await context.turns.inTurn(diskId, doing, signal, () => stageFound(context, found, mountpoint, signal));
}

async function stageFound(
  context: EbsContext,
  { disk, record: { volume, isBlank } }: FoundDisk,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const host = diskHost(context.host, volume, signal);
  // Before anything else: what this host lost while it was away may be somebody else's by now.
  if (await isLostMount(context, volume, mountpoint)) await unstageDisk(host, volume, mountpoint);
  const requested = await attach(context, volume, disk, signal);
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
  await stageDisk({ ...context, host }, staged, signal);
}

/** Whether what is mounted there is the volume, on a disk that this machine no longer has. */
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
  // Of no disk at all, or not what stageDisk binds there.
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
  await unstageDisk(diskHost(context.host, volume, signal), volume, mountpoint);
  const found = await findVolume(context, volume, signal);
  if (found === undefined) return;
  const { disk } = found;
  const here = await context.whereabouts(signal);
  if (attachmentHere(disk, here) === undefined) return;
  const { linger } = context.settings;
  const doing = `Volume ${volume.name} could not be detached`;
  if (linger === 0)
    return context.turns.inTurn(disk.id, doing, signal, () => detach(context, volume, disk, signal));
  stopLingering(context, disk.id);
  const timer = setTimeout(() => void detachLater(context, volume, disk.id), linger);
  context.lingering.set(disk.id, timer.unref());
}

function stopLingering({ lingering }: EbsContext, diskId: string): void {
  clearTimeout(lingering.get(diskId));
  lingering.delete(diskId);
}

/** What fails, or meets somebody else's work with the disk, is left to the next purge. */
async function detachLater(context: EbsContext, { name }: Volume, diskId: string): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  context.lingering.delete(diskId);
  await context.turns
    .ifIdle(diskId, async () => {
      const found = await findDisk(context, diskId, signal);
      if (found) await detach(context, found.record.volume, found.disk, signal, backgroundPatience);
    })
    .catch((error) =>
      context.log.write('warn', 'detach-failed', { driver: context.driver, volume: name, error }),
    );
}

function gone(volume: Volume): VolumeError {
  return new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its EBS volume is missing: it was removed, or its tags were taken away; nothing was recreated.`,
  );
}
