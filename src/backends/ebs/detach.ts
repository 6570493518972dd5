import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { attachmentHere } from './attach.ts';
import { findDevice } from './disk-device.ts';
import { isDiskMounted } from './disk-held.ts';
import type { EbsContext } from './ebs-context.ts';
import type { Attachment, Disk } from './ec2.ts';
import { waitUntil } from './wait-until.ts';

/** Milliseconds. */
const copyPatience = 3_000;
const copyPause = 100;

/**
 * Detaches the disk from this instance and waits until EC2 has it so, at most so many milliseconds. Not attached here:
 * done. Throws `in-use` while it is mounted anywhere on this host.
 */
export async function detach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
  patience = Number.POSITIVE_INFINITY,
): Promise<void> {
  const here = await context.whereabouts(signal);
  const ec2 = await context.ec2();
  const own = attachmentHere(disk, here);
  if (own === undefined) return;
  await waitUnmounted(context, volume, disk.id, own, signal);
  if (own.state !== 'detaching') await ec2.detach(disk.id, here.instanceId, signal);
  const sentence = `Volume ${volume.name} is unmounted, and its disk ${disk.id} is still being detached: it is tried again.`;
  await waitUntil({ clock: context.clock, sentence, signal, patience }, async () => {
    const now = await ec2.volume(disk.id, signal);
    return now === undefined || attachmentHere(now, here) === undefined ? true : undefined;
  });
}

/** A container that is just being started has a copy of every mount for a moment. */
async function waitUnmounted(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  own: Attachment,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = context;
  const until = clock.now() + copyPatience;
  while (await isMountedHere(context, volume, diskId, own, signal)) {
    if (signal.aborted || clock.now() >= until) throw stillMounted(volume);
    await clock.sleep(copyPause, signal).catch(() => undefined);
  }
}

/** A disk that no device is cannot be mounted: each mount begins at its device. */
export async function isMountedHere(
  { host: { files }, folders, clock }: EbsContext,
  volume: Volume,
  diskId: string,
  { device: requested }: Attachment,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const wanted = { volume, diskId, requested };
    const device = await findDevice({ files, folders, clock }, wanted, 0, signal);
    return await isDiskMounted(files, device.number);
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'unavailable') return false;
    throw error;
  }
}

function stillMounted(volume: Volume): VolumeError {
  return new VolumeError(
    'in-use',
    `Volume ${volume.name} was unmounted on this host, and is still mounted in another mount namespace, such as a container's: ` +
      'its disk is detached once that is gone.',
  );
}
