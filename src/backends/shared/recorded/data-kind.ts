import type { Volume } from '../../../core/volume.ts';
import type { DataPlace } from './removal.ts';

export type Staged = 'staged' | 'no-data';

/** The handling of data that differs between directories, images and adopted paths. The backend handles the record. */
export interface DataKind {
  /**
   * What `prepare` makes has the volume's ID in its name, or only the volume's name: then it may belong to another volume by now.
   */
  readonly madeUnder: 'id' | 'name';
  /** Throws what `prepare` would refuse before its first change. Changes nothing. */
  requireFree(volume: Volume, signal: AbortSignal): Promise<void>;
  /** Makes the data, before the record, and returns the volume as it should be recorded. */
  prepare(volume: Volume, signal: AbortSignal): Promise<Volume>;
  /** Directories in which `prepare` leaves changes that are not durable: they are synced before the record gets its name. */
  unsynced(volume: Volume): readonly string[];
  /** Completes `prepare`, once the record is written. */
  settle(volume: Volume): Promise<void>;
  /** Undoes `prepare` for a volume that got no record. */
  discard(volume: Volume): Promise<void>;
  placeOf(volume: Volume): DataPlace;
  /** `no-data` if the data is missing; then nothing was done. */
  stage(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<Staged>;
  unstage(volume: Volume, mountpoint: string): Promise<void>;
}
