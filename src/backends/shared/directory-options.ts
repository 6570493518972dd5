import type { Volume } from '../../core/volume.ts';
import type { Owner } from '../../host/host.ts';

/** Owner and mode of a new volume. */
export function ownerOf({ options }: Volume): Owner {
  return {
    uid: Number(options.uid ?? 0),
    gid: Number(options.gid ?? 0),
    mode: Number.parseInt(options.mode ?? '755', 8),
  };
}
