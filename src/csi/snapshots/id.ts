import { createHash } from 'node:crypto';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import { parseSourceName } from '../../core/protect/snapshot.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { ListedSnapshot, VolumeDriver } from '../../driver/volume-driver.ts';

/** The maximum number of bytes of an ID, by the specification. */
const longest = 128;

/** "db@before". If that is too long for an ID, the ID is `@` and a hash of it. */
export function idOfSnapshot(volume: VolumeName, snapshot: SnapshotName): string {
  const whole = `${volume}@${snapshot}`;
  return whole.length <= longest ? whole : `@${createHash('sha256').update(whole).digest('hex')}`;
}

/** Undefined if there is none. Throws `invalid` for an empty ID. */
export async function findSnapshot(driver: VolumeDriver, id: string): Promise<ListedSnapshot | undefined> {
  if (id === '') throw new VolumeError('invalid', 'The snapshot ID is missing.');
  if (id.startsWith('@'))
    return (await driver.listSnapshots()).find(
      ({ volume, snapshot }) => idOfSnapshot(volume, snapshot.name) === id,
    );
  const named = readId(id);
  const listed = named && (await snapshotsOf(driver, named.volume));
  return listed?.find(({ snapshot }) => snapshot.name === named?.snapshot);
}

/** Empty for a volume that does not exist. */
export async function snapshotsOf(
  driver: VolumeDriver,
  volume: VolumeName,
): Promise<readonly ListedSnapshot[]> {
  try {
    return await driver.listSnapshots(volume);
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'not-found') return [];
    throw error;
  }
}

function readId(id: string): { readonly volume: VolumeName; readonly snapshot: SnapshotName } | undefined {
  try {
    const { volume, snapshot } = parseSourceName(id);
    return snapshot && { volume, snapshot };
  } catch {
    return undefined;
  }
}
