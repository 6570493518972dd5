import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Disk } from '../ec2/ec2.ts';
import { doingAt, type Target } from './target.ts';

/** The disk as EC2 describes it. Throws if it is gone, or in state error. */
export function usable(target: Target, volume: Volume, diskId: string, disk: Disk | undefined): Disk {
  const doing = doingAt(target, volume);
  if (disk?.state === 'error') {
    throw new VolumeError(
      'failed',
      `${doing}: EC2 has its disk ${diskId} in state error: look at it in the EC2 console, and restore it from a snapshot.`,
    );
  }
  if (disk !== undefined && disk.state !== 'deleted' && disk.state !== 'deleting') return disk;
  throw new VolumeError(
    'unavailable',
    `${doing}: its disk ${diskId} no longer exists: restore it from a snapshot.`,
  );
}
