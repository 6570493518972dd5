import { csiNameOf } from '../core/csi-name.ts';
import { isUnreadable } from '../core/volume.ts';
import type { VolumeView } from '../driver/volume-driver.ts';
import { sizeOf } from './capacity.ts';
import type { CsiVolume } from './messages.ts';
import type { CsiParts } from './parts.ts';
import { topologyOf } from './topology.ts';

export function csiVolume(parts: CsiParts, view: Pick<VolumeView, 'volume' | 'details'>): CsiVolume {
  const { volume } = view;
  const size = isUnreadable(volume) ? undefined : sizeOf(volume.options);
  return {
    volume_id: csiNameOf(volume.name),
    capacity_bytes: `${size ?? 0}`,
    volume_context: {},
    ...topologyOf(parts, view),
  };
}
