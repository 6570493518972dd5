import type { VolumeError } from '../../core/volume-error.ts';
import { indexPatience } from './await-disk.ts';
import type { Clock } from './clock.ts';

/**
 * The same look, at what EC2 has made. Throws `gone` once EC2 has not known it for so long that it cannot be too new: somebody deleted it,
 * and nobody is to wait for it.
 */
export function notGone<T>(
  clock: Clock,
  look: () => Promise<T | undefined>,
  gone: () => VolumeError,
): () => Promise<T | undefined> {
  let knownAt = clock.now();
  return async () => {
    const found = await look();
    if (found !== undefined) knownAt = clock.now();
    else if (clock.now() - knownAt >= indexPatience) throw gone();
    return found;
  };
}
