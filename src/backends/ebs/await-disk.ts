import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { waitUntil } from './attachment/wait-until.ts';
import type { EbsContext } from './context.ts';
import type { Disk } from './ec2/ec2.ts';

/** Milliseconds by which EC2's answers may lag behind what it did. */
export const indexPatience = 20_000;
/** Milliseconds; EC2 usually takes 1.5 s (docs/design/ebs-rules.md#durations). */
const createTakes = 1_000;

/**
 * Waits until EC2 has made the EBS volume. A failure shows soon: with an unusable KMS key, EC2 accepts the request, and a moment
 * later the volume is in state error or gone. Throws `failed` then, naming the key.
 */
export async function waitAvailable(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
): Promise<void> {
  if (disk.state === 'available' || disk.state === 'in-use') return;
  const ec2 = await context.ec2();
  const { clock } = context;
  const visibleBy = clock.now() + indexPatience;
  const sentence = `Volume ${volume.name}: ${disk.id} was made but is not available yet: repeat the call to continue.`;
  await waitUntil({ clock, sentence, signal, notBefore: createTakes }, async () => {
    const now = await ec2.volume(disk.id, signal);
    // A new one may not be visible yet; one that a repeated token gave again may have been deleted since.
    if (now === undefined && clock.now() >= visibleBy) throw vanished(volume, disk);
    if (now?.state === 'error' || now?.state === 'deleting' || now?.state === 'deleted')
      throw gaveUp(volume, now, `state ${now.state}`);
    return now?.state === 'available' || now?.state === 'in-use' ? now : undefined;
  });
}

function vanished(volume: Volume, disk: Disk): VolumeError {
  if (disk.encrypted) return gaveUp(volume, disk, 'which it no longer knows');
  return new VolumeError(
    'failed',
    `Volume ${volume.name} could not be created: EC2 made ${disk.id} for it and no longer knows it: somebody deleted it. Create the volume again.`,
  );
}

function gaveUp(volume: Volume, disk: Disk, how: string): VolumeError {
  const doing = `Volume ${volume.name} could not be created: EC2 gave up ${disk.id} (${how})`;
  if (!disk.encrypted)
    return new VolumeError(
      'failed',
      `${doing} before it was available. It is not encrypted, so \`kmsKeyId\` is not the reason: look at it in the EC2 console, and create it again.`,
    );
  const key = volume.options.kmsKeyId ?? disk.kmsKeyId;
  const named = key === undefined ? "the account's default KMS key" : `the KMS key ${key}`;
  return new VolumeError(
    'failed',
    `${doing}, as it does when ${named} does not exist, is disabled, or may not be used by this host's role: ` +
      'let the role use it, or choose another `kmsKeyId`, and create the volume again.',
  );
}
