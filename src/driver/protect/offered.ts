import type { Growth, NotOffered, Snapshots } from '../../backends/backend.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** Throws `invalid` with the reason for what a backend, or a volume, does not have. */
export function requireOffered<T extends Snapshots | Growth>(offered: T | NotOffered, doing: string): T {
  if (offered.kind !== 'none') return offered;
  throw notOffered(doing, offered);
}

export function notOffered(doing: string, { why }: NotOffered): VolumeError {
  return new VolumeError('invalid', `${doing}: ${why}`);
}
