import { constants, openSync } from 'node:fs';
import { wordsOf } from '../../core/error-words.ts';
import { missingDevice, missingFileSystem } from '../../core/missing-parts.ts';
import { hasCode } from '../system-error.ts';

export const loopControl = '/dev/loop-control';
/** What every loop device needs, for `missingDevice`. */
export const loopPart = { module: 'loop', instead: 'make the volume without a size' } as const;

/** Opens a loop device, or their control device. Throws `unavailable` with the way out if this process has none. */
export function openLoop(path: string): number {
  try {
    return openSync(path, constants.O_RDWR);
  } catch (error) {
    const words = wordsOf(error);
    // ENXIO and ENODEV: the name is there, but no driver behind it.
    if (hasCode(error, 'ENOENT', 'ENXIO', 'ENODEV'))
      throw missingDevice({ path, ...loopPart, state: 'missing', words });
    // EPERM comes from the control group of a container.
    if (hasCode(error, 'EPERM', 'EACCES')) throw missingDevice({ path, ...loopPart, state: 'closed', words });
    throw error;
  }
}

/** The error of a mount(2) of this type: ENODEV means that the kernel has no such file system. */
export function mountError(error: unknown, type: string): unknown {
  return hasCode(error, 'ENODEV') ? missingFileSystem(type) : error;
}
