import type { VolumeName } from '../../core/names.ts';
import type { KnownVolume } from '../../core/volume.ts';
import type { VolumeDriver, VolumeView } from '../volume-driver.ts';

/** A driver as a joint driver sees it: it tells "absent" from "unknown". */
export interface Member extends VolumeDriver {
  /** The volume as memory has it. Undefined tells nothing about the storage. */
  known(name: VolumeName): VolumeView | undefined;
  /** Asks the storage. Rejects if it does not answer in time. `short`: another member, or this one's memory, has the volume. */
  lookup(name: VolumeName, patience: Patience): Promise<KnownVolume | undefined>;
}

export type Patience = 'short' | 'long';
