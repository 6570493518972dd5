import { csiNameOf } from '../../core/csi-name.ts';
import { isUnreadableSnapshot } from '../../core/protect/snapshot.ts';
import type { ListedSnapshot } from '../../driver/volume-driver.ts';
import { sizeOf } from '../capacity.ts';
import type { CsiSnapshot } from '../messages.ts';
import { idOfSnapshot } from './id.ts';

/** One that cannot be read is listed as not ready, like one that the storage still copies. */
export function csiSnapshot({ snapshot, volume }: ListedSnapshot): CsiSnapshot {
  const own = { snapshot_id: idOfSnapshot(volume, snapshot.name), source_volume_id: csiNameOf(volume) };
  if (isUnreadableSnapshot(snapshot))
    return { ...own, size_bytes: '0', creation_time: { seconds: '0', nanos: 0 }, ready_to_use: false };
  const at = Date.parse(snapshot.createdAt);
  return {
    ...own,
    size_bytes: `${sizeOf(snapshot.volume.options) ?? 0}`,
    creation_time: { seconds: `${Math.floor(at / 1000)}`, nanos: (at % 1000) * 1_000_000 },
    ready_to_use: snapshot.progress === undefined,
  };
}
