import { parseSize } from '../../core/sizes.ts';
import type { Backend } from '../backend.ts';
import { filesForUsage, measureFileSystem } from '../shared/usage.ts';
import type { EbsContext } from './context.ts';

/** Implements `Backend.usage`. For a volume that is not mounted here only the size is known: another host may know more. */
export function ebsUsage({ host, driver, seen }: EbsContext): Backend['usage'] {
  return async (volume, mountpoint) => {
    if (mountpoint !== undefined)
      return measureFileSystem(filesForUsage(host, `driver ${driver}`), mountpoint);
    const size = seen.detailsOf(volume).size ?? volume.options.size;
    return size === undefined ? undefined : { of: 'volume', sizeBytes: parseSize(size) };
  };
}
