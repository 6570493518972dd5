import { parseSourceName, type SourceName } from '../../core/protect/snapshot.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** Reads `db@before`. Throws `invalid`, with the form to write. */
export function parseSnapshotOf(text: string): Required<SourceName> {
  const { volume, snapshot } = parseSourceName(text);
  if (snapshot !== undefined) return { volume, snapshot };
  throw new VolumeError('invalid', `Name the snapshot as well: ${volume}@NAME.`);
}

export function snapshotsPath(driver: string): string {
  return `/v1/snapshots/${encodeURIComponent(driver)}`;
}
