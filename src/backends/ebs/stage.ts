import { dirname } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { attach, attachmentHere } from './attach.ts';
import { detach } from './detach.ts';
import { rootPathOf } from './disk-data.ts';
import { isDiskGone, isDiskMounted } from './disk-held.ts';
import { stageDisk, unstageDisk } from './disk-staging.ts';
import type { EbsContext } from './ebs-context.ts';
import { findVolume } from './find-disk.ts';
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
  stopLingering(context, found.disk.id);
  const requested = await attach(context, volume, found.disk, signal);
  const ec2 = await context.ec2();
  const diskId = found.disk.id;
  const staged = {
    volume,
    diskId,
    requested,
    mountpoint,
    isBlank: found.record.isBlank,
    over: (await isLostMount(context, volume, mountpoint)) ? ('dead-mount' as const) : ('bare' as const),
    onFormatted: () => ec2.removeTags([diskId], blankKeys, signal),
  };
  await stageDisk(context, staged, signal);
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
  const { files, mounts } = context.host;
  const before = await mounts.at(mountpoint);
  await unstageDisk(context.host, volume, mountpoint);
  if (before.kind === 'mounted' && (await isDiskMounted(files, before.device))) throw stillMounted(volume);
  const found = await findVolume(context, volume, signal);
  if (found === undefined) return;
  const here = await context.whereabouts(signal);
  if (attachmentHere(found.disk, here) === undefined) return;
  const { linger } = context.settings;
  if (linger === 0) return detach(context, volume, found.disk, signal);
  stopLingering(context, found.disk.id);
  const timer = setTimeout(() => void detachLater(context, volume), linger);
  context.lingering.set(found.disk.id, timer.unref());
}

function stopLingering({ lingering }: EbsContext, diskId: string): void {
  clearTimeout(lingering.get(diskId));
  lingering.delete(diskId);
}

/** What fails is tried again by the next purge. */
async function detachLater(context: EbsContext, volume: Volume): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  try {
    const found = await findVolume(context, volume, signal);
    if (found === undefined || !context.lingering.delete(found.disk.id)) return;
    await detach(context, volume, found.disk, signal);
  } catch (error) {
    context.log.write('warn', 'detach-failed', { driver: context.driver, volume: volume.name, error });
  }
}

function gone(volume: Volume): VolumeError {
  return new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its EBS volume is missing: it was removed, or its tags were taken away; nothing was recreated.`,
  );
}

function stillMounted(volume: Volume): VolumeError {
  return new VolumeError(
    'in-use',
    `Volume ${volume.name} was unmounted on this host, and is still mounted in another mount namespace, such as a container's: ` +
      'its disk is detached once that is gone.',
  );
}
