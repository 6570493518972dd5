import type {
  Attachments,
  Backend,
  FreeSpace,
  Growth,
  Modifications,
  NotOffered,
  SnapshotCopies,
  Snapshots,
} from '../../backends/backend.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Offers } from '../volume-driver.ts';

export function offersOf({
  snapshots,
  growth,
  modifications,
  freeSpace,
  attachments,
}: Pick<Backend, keyof Offers>): Offers {
  return {
    snapshots: snapshots.kind !== 'none',
    growth: growth.kind !== 'none',
    modifications: modifications.kind !== 'none',
    freeSpace: freeSpace.kind !== 'none',
    attachments: attachments.kind !== 'none',
  };
}

/** Throws `invalid` with the reason if the backend or the volume does not support it. */
export function requireOffered<
  T extends Snapshots | SnapshotCopies | Growth | Modifications | FreeSpace | Attachments,
>(offered: T | NotOffered, doing: string): T {
  if (offered.kind !== 'none') return offered;
  throw notOffered(doing, offered);
}

export function notOffered(doing: string, { why }: NotOffered): VolumeError {
  return new VolumeError('invalid', `${doing}: ${why}`);
}
