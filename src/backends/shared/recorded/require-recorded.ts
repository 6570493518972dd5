import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { RecordedStorage } from './storage.ts';

/** The volume as it is recorded now. Throws `not-found` if it was removed, or created again since. */
export async function requireRecorded(
  { root, registry, admit }: RecordedStorage,
  volume: Volume,
  doing: string,
): Promise<Volume> {
  const { name, id } = admit(volume);
  await root.requireThere(doing);
  const recorded = await registry.lookup(name);
  if (recorded?.id === id) return recorded;
  throw new VolumeError('not-found', `${doing}: it does not exist any more.`);
}
