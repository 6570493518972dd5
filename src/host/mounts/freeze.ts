import { closeSync, constants, openSync } from 'node:fs';
import { VolumeError } from '../../core/volume-error.ts';
import type { MountState } from '../host.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode } from '../system-error.ts';

/** linux/fs.h: FITHAW. */
const thawRequest = 0xc0045878;

/** Before a freeze: else the file system around the directory would be frozen, such as the host's own. */
export function requireMount({ kind }: MountState, mountpoint: string): void {
  if (kind === 'mounted') return;
  throw new VolumeError(
    'unavailable',
    `Cannot freeze ${mountpoint}: nothing is mounted there. Mount the volume again, then retry.`,
  );
}

/** Does nothing if the file system is not frozen: the kernel says EINVAL then. */
export function thaw(calls: SystemCalls, mountpoint: string): void {
  const fd = openSync(mountpoint, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    calls.ioctl(fd, thawRequest, 0);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOTTY', 'EOPNOTSUPP')) throw error;
  } finally {
    closeSync(fd);
  }
}
