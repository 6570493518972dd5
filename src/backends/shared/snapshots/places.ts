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
  data(name: string): string;
  /**
   * While it is being made or deleted, of the snapshot with this ID: it may be cleared at any time. No other host uses the same name,
   * so that a copy which was given up does not clear the next one.
   */
  part(name: SnapshotName, id: string): string;
  /** While it is deleted with its volume. */
  dropped(name: string): string;
  /** Complete data that is the volume's as soon as the volume is recorded and has no other. */
  readonly next: string;
  /** The unfinished one, by the ID of the clone, or of the data that a rollback replaces. */
  nextPart(id: string): string;
}

export function copyPlaces(snapshots: string, volumeId: string): CopyPlaces {
  const directory = join(snapshots, volumeId);
  const data = (name: string) => join(directory, `${name}${dataSuffix}`);
  return {
    directory,
    record: (name) => join(directory, `${name}.json`),
    data,
    part: (name, id) => `${data(name)}.${id}${partSuffix}`,
    dropped: (name) => `${data(name)}${partSuffix}`,
    next: join(directory, nextName),
    nextPart: (id) => join(directory, `${nextName}.${id}${partSuffix}`),
  };
}

export const nextName = '~next';
export const partSuffix = '.part';
const dataSuffix = '~data';

/** The names of the snapshots whose data is in a directory of copies. */
export function dataNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.endsWith(dataSuffix)).map((name) => name.slice(0, -dataSuffix.length));
}

/** A directory of copies is named like the volume's ID; anything else there is not ours. */
export function isVolumeId(name: string): boolean {
  return /^[0-9a-f]{16}$/.test(name);
}
