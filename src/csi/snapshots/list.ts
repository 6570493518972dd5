import type { ListedSnapshot, VolumeDriver } from '../../driver/volume-driver.ts';
import type { CsiSnapshot, ListSnapshotsRequest } from '../messages.ts';
import { type Page, pageOf } from '../paging.ts';
import { nameOfId } from '../parts.ts';
import { csiSnapshot } from './describe.ts';
import { findSnapshot, snapshotsOf } from './id.ts';

/** For a missing volume or snapshot, the list is empty. */
export async function listSnapshots(
  driver: VolumeDriver,
  request: ListSnapshotsRequest,
): Promise<Page<{ readonly snapshot: CsiSnapshot }>> {
  const found = await asked(driver, request);
  return pageOf(found, request, keyOf, (listed) => ({ snapshot: csiSnapshot(listed) }));
}

async function asked(
  driver: VolumeDriver,
  { snapshot_id, source_volume_id }: ListSnapshotsRequest,
): Promise<readonly ListedSnapshot[]> {
  const volume = source_volume_id === '' ? undefined : nameOfId(source_volume_id);
  const ofVolume = (listed: ListedSnapshot) => source_volume_id === '' || listed.volume === volume;
  if (snapshot_id !== '') {
    const found = await findSnapshot(driver, snapshot_id);
    return found === undefined || !ofVolume(found) ? [] : [found];
  }
  if (source_volume_id === '') return driver.listSnapshots();
  return volume === undefined ? [] : snapshotsOf(driver, volume);
}

function keyOf({ volume, snapshot }: ListedSnapshot): string {
  return `${volume}@${snapshot.name}`;
}
