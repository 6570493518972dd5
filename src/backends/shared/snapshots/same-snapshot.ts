import { isUnreadableSnapshot, type KnownSnapshot, type Snapshot } from '../../../core/protect/snapshot.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** The present snapshot, if it is the one that is to be taken: the call is repeated then. Throws `conflict` for another one. */
export function requireSame(present: KnownSnapshot, wanted: Snapshot): Snapshot {
  const { name, volume, id } = wanted;
  if (!isUnreadableSnapshot(present) && present.id === id) return present;
  const since = isUnreadableSnapshot(present) ? '' : ` since ${present.createdAt}`;
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name} has a snapshot ${name}${since}: choose another name, or remove that one first.`,
  );
}
