import { snapshotNameOf } from '../../core/csi-name.ts';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import { requireReadableSnapshot } from '../../core/protect/snapshot.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { ListedSnapshot, VolumeDriver } from '../../driver/volume-driver.ts';
import type { CreateSnapshotRequest, CsiSnapshot, Texts } from '../messages.ts';
import { ownParameters, requireField, requireName } from '../parts.ts';
import { csiSnapshot } from './describe.ts';

/** Snapshots that are being made, with their volume. As the interface requires, names are unique within the endpoint. */
export type UnderWay = Map<SnapshotName, VolumeName>;

/** An existing snapshot with this name and of this volume is the requested one. */
export async function createSnapshot(
  driver: VolumeDriver,
  underWay: UnderWay,
  request: CreateSnapshotRequest,
): Promise<{ readonly snapshot: CsiSnapshot }> {
  const name = snapshotNameOf(requireField(request.name, 'name of the snapshot'));
  const volume = requireName(requireField(request.source_volume_id, 'source volume ID'));
  const use = useOf(ownParameters(request.parameters));
  const other = underWay.get(name);
  if (other !== undefined && other !== volume) throw taken(name, other);
  underWay.set(name, volume);
  try {
    return { snapshot: csiSnapshot(await findOrTake(driver, name, volume, use)) };
  } finally {
    underWay.delete(name);
  }
}

/** The only parameter of a VolumeSnapshotClass. */
function useOf({ whileInUse = 'false', ...others }: Texts): 'refuse' | 'accept' {
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new VolumeError(
      'invalid',
      `A snapshot has no parameter ${JSON.stringify(other)}: leave it out. The only one is whileInUse.`,
    );
  if (whileInUse === 'true') return 'accept';
  if (whileInUse === 'false') return 'refuse';
  throw new VolumeError(
    'invalid',
    `The parameter whileInUse is ${JSON.stringify(whileInUse)}: it must be "true" or "false".`,
  );
}

async function findOrTake(
  driver: VolumeDriver,
  name: SnapshotName,
  volume: VolumeName,
  use: 'refuse' | 'accept',
): Promise<ListedSnapshot> {
  const found = await findNamed(driver, name, volume);
  if (found !== undefined) return found;
  try {
    return { volume, snapshot: await driver.snapshot(volume, name, use) };
  } catch (error) {
    if (!(error instanceof VolumeError && error.code === 'conflict')) throw error;
    // Another call has made it in the meantime.
    const made = await findNamed(driver, name, volume);
    if (made === undefined) throw error;
    return made;
  }
}

/** Throws `conflict` for a snapshot of another volume, and `failed` for one that cannot be read. */
async function findNamed(
  driver: VolumeDriver,
  name: SnapshotName,
  volume: VolumeName,
): Promise<ListedSnapshot | undefined> {
  const named = (await driver.listSnapshots()).filter(({ snapshot }) => snapshot.name === name);
  const found = named.find((listed) => listed.volume === volume);
  const [other] = named;
  if (found === undefined && other !== undefined) throw taken(name, other.volume);
  if (found !== undefined) requireReadableSnapshot(found.snapshot);
  return found;
}

function taken(name: SnapshotName, volume: VolumeName): VolumeError {
  return new VolumeError(
    'conflict',
    `Snapshot ${name} exists, and is of volume ${volume}: use another name.`,
  );
}
