import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { liveData } from '../shared/removal.ts';
import { refuseAborted } from '../shared/storage-errors.ts';
import type { LocalContext } from './local-context.ts';
import { kindOf } from './options.ts';

/** The data first, then the record: a record never points to data that is not there. */
export async function createVolume(
  context: LocalContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<Volume> {
  const { root, registry, inProgress } = context;
  const doing = `Volume ${volume.name} could not be created`;
  await root.make(doing);
  const kind = context.kindOf(volume);
  if (await isRecorded(context, volume)) {
    await kind.settle(volume);
    return volume;
  }
  await refuseRetained(context, volume);
  inProgress.add(volume.id);
  try {
    await kind.prepare(volume, signal);
    refuseAborted(signal, doing);
    if (!(await registry.add(volume))) throw nameTaken(volume);
    await kind.settle(volume);
  } finally {
    inProgress.delete(volume.id);
  }
  return volume;
}

/** Takes back what a failed create left; a name that is recorded, or whose data is kept, is not touched. */
export async function discardVolume(context: LocalContext, volume: Volume): Promise<void> {
  if (!(await context.root.exists(`Volume ${volume.name} could not be discarded`))) return;
  const recorded = await context.registry.lookup(volume.name);
  if (recorded?.id === volume.id) return;
  // The place of a directory is its name, which may belong to another volume by now.
  const isNamed = recorded !== undefined || (await context.trash.keptInPlace(volume.name)) !== undefined;
  if (isNamed && kindOf(volume) === 'directory') return;
  await context.kindOf(volume).discard(volume);
}

async function isRecorded({ registry }: LocalContext, volume: Volume): Promise<boolean> {
  const recorded = await registry.lookup(volume.name);
  if (recorded === undefined) return false;
  if (recorded.id === volume.id) return true;
  throw nameTaken(volume);
}

/** Data that was retained under the name must be asked back or moved away: it is never given to a new volume. */
async function refuseRetained(context: LocalContext, volume: Volume): Promise<void> {
  const kept = await context.trash.keptInPlace(volume.name);
  const data = kept && (await liveData(context, kept.volume));
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
