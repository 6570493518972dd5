import type { VolumeName } from '../core/names.ts';
import type { Volume } from '../core/volume.ts';
import type { VolumeDriver, VolumeView } from './volume-driver.ts';

/** A driver as a joint driver sees it: it can also tell "there is no such volume" from "I cannot say". */
export interface Member extends VolumeDriver {
  /** What memory has of the volume; undefined says nothing of the storage. */
  known(name: VolumeName): VolumeView | undefined;
  /** Asks the storage; rejects where it does not say in time. `short` is what a Get waits, `long` what other calls do. */
  lookup(name: VolumeName, patience: Patience): Promise<Volume | undefined>;
}

export type Patience = 'short' | 'long';
