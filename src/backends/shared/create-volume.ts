import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { RecordedStorage } from './recorded-backend.ts';
import { liveData } from './removal.ts';
import { refuseAborted } from './storage-errors.ts';

/** The data first, then the record: a record never points to data that is not there. */
export async function createVolume(
  storage: RecordedStorage,
  volume: Volume,
  signal: AbortSignal,
): Promise<Volume> {
  const { root, registry, inProgress } = storage;
  const doing = `Volume ${volume.name} could not be created`;
  await root.make(doing, signal);
  const kind = storage.kindOf(volume);
  if (await isRecorded(storage, volume)) {
    await kind.settle(volume);
    return volume;
  }
  await refuseRetained(storage, volume);
  inProgress.add(volume.id);
  try {
    await kind.prepare(volume, signal);
    refuseAborted(signal, doing);
    // Where two hosts create the same name, this decides.
    if (!(await registry.add(volume))) throw nameTaken(volume);
    await kind.settle(volume);
  } finally {
    inProgress.delete(volume.id);
  }
  return volume;
}

/** Takes back what a failed create left; a name that is recorded, or whose data is kept, is not touched. */
export async function discardVolume(
  storage: RecordedStorage,
  volume: Volume,
  signal: AbortSignal,
): Promise<void> {
  if (!(await storage.root.exists(`Volume ${volume.name} could not be discarded`, signal))) return;
  const recorded = await storage.registry.lookup(volume.name);
  if (recorded?.id === volume.id) return;
  const kind = storage.kindOf(volume);
  const isNamed = recorded !== undefined || (await storage.trash.keptInPlace(volume.name)) !== undefined;
  if (isNamed && kind.madeUnder === 'name') return;
  await kind.discard(volume);
}

async function isRecorded({ registry }: RecordedStorage, volume: Volume): Promise<boolean> {
  const recorded = await registry.lookup(volume.name);
  if (recorded === undefined) return false;
  if (recorded.id === volume.id) return true;
  throw nameTaken(volume);
}

/** Data that was retained under the name must be asked back or moved away: it is never given to a new volume. */
async function refuseRetained(storage: RecordedStorage, volume: Volume): Promise<void> {
  const kept = await storage.trash.keptInPlace(volume.name);
  const data = kept && (await liveData(storage, kept.volume));
  if (data === undefined) return;
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: the data of a removed volume of that name was retained at ${data}. ` +
      `Bring it back with \`holdfast volume undelete ${volume.name}\`, or move it away.`,
  );
}

function nameTaken(volume: Volume): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: there is another one of that name. Use another name, or remove it first.`,
  );
}
