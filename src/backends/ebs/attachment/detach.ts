import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import type { Attachment, Disk } from '../ec2/ec2.ts';
import { deviceHere, isMountedHere } from './disk-here.ts';
import { endUsers, stuckOn } from './refusals.ts';
import { attachmentTo } from './target.ts';
import { waitUntil } from './wait-until.ts';

/** Milliseconds: most detaches take two to six seconds (docs/design/ebs-rules.md#durations). */
const detachTakes = 2_000;
/** Milliseconds. */
const copyPatience = 3_000;
const copyPause = 100;

/**
 * Detaches the disk from this instance, if it is attached, and waits at most `patience` milliseconds until EC2 confirms it. Throws
 * `in-use` while it is mounted anywhere on this host.
 */
export async function detach(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
  patience = Number.POSITIVE_INFINITY,
): Promise<void> {
  const own = attachmentTo(disk, await context.whereabouts(signal));
  if (own === undefined) return;
  await waitUnmounted(context, volume, disk.id, own, signal);
  // The kernel loses the disk at about the time at which EC2 says `available`.
  const sign = async () => (await deviceHere(context, volume, disk.id, own.device)) === undefined;
  await detachFrom(context, volume, disk, { ...own, where: 'this host', sign }, signal, patience);
}

interface Detached extends Attachment {
  /** The host may have attached it again in the meantime: only an attachment under this name is meant. */
  readonly asDevice?: string;
  /** For messages. */
  readonly where: string;
  sign(): Promise<boolean>;
}

/** The caller made sure that the disk is mounted nowhere on that instance. */
export async function detachFrom(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  { where, sign, asDevice, ...own }: Detached,
  signal: AbortSignal,
  patience = Number.POSITIVE_INFINITY,
): Promise<void> {
  const ec2 = await context.ec2();
  const { clock, log, driver } = context;
  const begun = clock.now();
  const about = { driver, volume: volume.name, disk: disk.id };
  log.write('debug', 'detaching', about);
  if (own.state !== 'detaching') await ec2.detach(disk.id, own.instanceId, asDevice, signal);
  let last: Attachment | undefined = own;
  const sentence = () =>
    last?.state === 'busy'
      ? `Volume ${volume.name} is unmounted, and its disk ${disk.id} is stuck: ${stuckOn(where)}. ${endUsers(where)}; the detach is retried.`
      : `Volume ${volume.name} is unmounted, and its disk ${disk.id} is still being detached: this is retried.`;
  const wait = { clock, sentence, signal, patience, notBefore: detachTakes, sign };
  await waitUntil(wait, async () => {
    const now = await ec2.volume(disk.id, signal);
    last = now && attachmentTo(now, own);
    const isGone = last === undefined || (asDevice !== undefined && last.device !== asDevice);
    return isGone ? true : undefined;
  });
  log.write('info', 'detached', { ...about, ms: Math.round(clock.now() - begun) });
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
  while (await isMountedHere(context, volume, diskId, own.device)) {
    if (signal.aborted || clock.now() >= until) throw stillMounted(volume);
    await clock.sleep(copyPause, signal).catch(() => undefined);
  }
}

function stillMounted(volume: Volume): VolumeError {
  return new VolumeError(
    'in-use',
    `Volume ${volume.name} was unmounted on this host, and is still mounted in another mount namespace, such as a container's: ` +
      'its disk is detached once that is gone.',
  );
}
