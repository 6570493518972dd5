import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { dataRetained, nameTaken } from '../name-conflicts.ts';
import { refuseAborted } from '../storage-errors.ts';
import type { DataKind } from './data-kind.ts';
import { dropCopies, liveData } from './removal.ts';
import type { RecordedStorage } from './storage.ts';

type Making = Pick<DataKind, 'prepare' | 'unsynced' | 'settle'>;

/** Makes the data first, then the record: a record never points to missing data. `kind`: how it is made, if not afresh. */
export async function createVolume(
  storage: RecordedStorage,
  volume: Volume,
  signal: AbortSignal,
  kind: Making = storage.kindOf(volume),
): Promise<Volume> {
  const { root, registry, inProgress } = storage;
  const doing = `Volume ${volume.name} could not be created`;
  await root.make(doing, signal);
  const recorded = await requireFree(storage, volume);
  if (recorded !== undefined) {
    await kind.settle(recorded);
    return recorded;
  }
  inProgress.add(volume.id);
  try {
    const prepared = await kind.prepare(volume, signal);
    refuseAborted(signal, doing);
    // If two hosts create the same name, this decides.
    if (!(await registry.add(prepared, kind.unsynced(prepared)))) throw nameTaken(volume);
    await settleOrForget(storage, kind, prepared);
    return prepared;
  } finally {
    inProgress.delete(volume.id);
  }
}

/**
 * The volume as an earlier attempt at the same plan recorded it; undefined if the name is free. Throws `conflict` if it is taken, or was the
 * name of data that is kept.
 */
export async function requireFree(storage: RecordedStorage, volume: Volume): Promise<Volume | undefined> {
  const recorded = await recordOf(storage, volume);
  if (recorded === undefined) await refuseRetained(storage, volume);
  return recorded;
}

/** Another volume may have taken its place since `prepare` looked: then this one was not created. */
async function settleOrForget({ registry }: RecordedStorage, kind: Making, volume: Volume): Promise<void> {
  try {
    await kind.settle(volume);
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'conflict') await registry.remove(volume.name);
    throw error;
  }
}

/** Cleans up after a failed create; a recorded name, or one whose data is kept, is not touched. */
export async function discardVolume(
  storage: RecordedStorage,
  volume: Volume,
  signal: AbortSignal,
): Promise<void> {
  if (!(await storage.root.exists(`Volume ${volume.name} could not be discarded`, signal))) return;
  const recorded = await storage.registry.lookup(volume.name);
  if (recorded?.id === volume.id) return;
  await dropCopies(storage, volume, signal);
  const kind = storage.kindOf(volume);
  const isNamed = recorded !== undefined || (await storage.trash.keptInPlace(volume.name)) !== undefined;
  if (isNamed && kind.madeUnder === 'name') return;
  await kind.discard(volume);
}

async function recordOf({ registry }: RecordedStorage, volume: Volume): Promise<Volume | undefined> {
  const recorded = await registry.lookup(volume.name);
  if (recorded === undefined || recorded.id === volume.id) return recorded;
  throw nameTaken(volume);
}

async function refuseRetained(storage: RecordedStorage, volume: Volume): Promise<void> {
  const kept = await storage.trash.keptInPlace(volume.name);
  const data = kept && (await liveData(storage, kept.volume));
  if (data === undefined) return;
  throw dataRetained(volume, storage.driver, `at ${data}`, 'move it away');
}
