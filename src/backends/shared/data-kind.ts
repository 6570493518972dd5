import type { Volume } from '../../core/volume.ts';
import type { DataPlace } from './removal.ts';

export type Staged = 'staged' | 'no-data';

/** What differs between directories, images and adopted paths. The record is the backend's; the data is theirs. */
export interface DataKind {
  /**
   * What `prepare` makes has the volume's ID in its name, or just the volume's name: then it may belong to another volume
   * by now.
   */
  readonly madeUnder: 'id' | 'name';
  /** Makes the data; the record comes after it. */
  prepare(volume: Volume, signal: AbortSignal): Promise<void>;
  /** Ends what `prepare` began, once the record is written. */
  settle(volume: Volume): Promise<void>;
  /** Takes back what `prepare` made for a volume that got no record. */
  discard(volume: Volume): Promise<void>;
  placeOf(volume: Volume): DataPlace;
  /** `no-data` when there is none where it belongs, and then nothing was done. */
  stage(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<Staged>;
  unstage(volume: Volume, mountpoint: string): Promise<void>;
}
