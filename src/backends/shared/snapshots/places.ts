import { join } from 'node:path';
import type { SnapshotName } from '../../../core/names.ts';

/**
 * Where the copies of one volume's data are. The directory is named by the volume's ID, so they stay with the volume through trash and
 * undelete. A snapshot's name never contains "~", so the names are unambiguous.
 */
export interface CopyPlaces {
  readonly directory: string;
  record(name: SnapshotName): string;
  /** A snapshot exists once its data has this name. */
  data(name: SnapshotName): string;
  /** While it is being made or deleted: it may be cleared at any time. */
  part(name: SnapshotName): string;
  /** Complete data that is the volume's as soon as the volume is recorded and has no other. */
  readonly next: string;
  readonly nextPart: string;
}

export function copyPlaces(snapshots: string, volumeId: string): CopyPlaces {
  const directory = join(snapshots, volumeId);
  const data = (name: SnapshotName) => join(directory, `${name}${dataSuffix}`);
  return {
    directory,
    record: (name) => join(directory, `${name}.json`),
    data,
    part: (name) => `${data(name)}${partSuffix}`,
    next: join(directory, nextName),
    nextPart: join(directory, `${nextName}${partSuffix}`),
  };
}

export const nextName = '~next';
export const partSuffix = '.part';
const dataSuffix = '~data';

/** A directory of copies is named like the volume's ID; anything else there is not ours. */
export function isVolumeId(name: string): boolean {
  return /^[0-9a-f]{16}$/.test(name);
}
