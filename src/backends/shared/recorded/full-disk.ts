import { wordsOf } from '../../../core/error-words.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { isDueAtOnce } from '../removal-decisions.ts';
import { errnoOf } from '../storage-errors.ts';
import {
  auditErasure,
  doingOf,
  dropCopies,
  moveAway,
  type RemovalParts,
  removeIfThere,
  reportedRemoval,
} from './removal.ts';
import type { TrashRecord } from './trash-record.ts';

interface Removing {
  readonly record: TrashRecord;
  /** Where the volume's data is. */
  readonly data: string;
  /** The error that said that there is no room. */
  readonly error: unknown;
}

export function isOutOfSpace(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

/**
 * Removes a volume if there is no room for another record: only names are moved, nothing is written. The volume's own record is moved
 * last. For the trash, it becomes the trash's record, and the next purge that finds room completes it.
 */
export async function removeWithoutSpace(
  parts: RemovalParts,
  removing: Removing,
  signal: AbortSignal,
): Promise<void> {
  const { registry, trash, files } = parts;
  const { record } = removing;
  const { name } = record.volume;
  if (isDueAtOnce(record)) return deleteWithoutSpace(parts, removing, signal);
  try {
    if (record.kept === 'trash') await moveAway(parts, removing.data, trash.place(record.volume));
    // Left by this removal, if it was interrupted or had room only for the record.
    if ((await trash.find(record.volume))?.kept === record.kept) return await registry.remove(name);
    // Left by an earlier volume of this name whose data was moved away.
    await trash.drop(record);
    await files.rename(registry.fileOf(name), trash.fileOf(record));
  } catch (error) {
    throw isOutOfSpace(error) ? stillFull(parts, removing, error) : error;
  }
}

/** After its first step the data cannot be undeleted, as with `erase`; if it is interrupted then, a repeated removal continues. */
async function deleteWithoutSpace(
  parts: RemovalParts,
  removing: Removing,
  signal: AbortSignal,
): Promise<void> {
  const { registry, trash, files } = parts;
  const { record, data } = removing;
  const { name } = record.volume;
  const purging = trash.purgingPlace(record.volume);
  const doing = doingOf(record.volume);
  auditErasure(parts, record, data);
  await removeIfThere(files, doing, purging, signal);
  try {
    await moveAway(parts, data, purging);
  } catch (error) {
    throw isOutOfSpace(error) ? stillFull(parts, removing, error) : error;
  }
  await reportedRemoval(parts, record, (tell) => removeIfThere(files, doing, purging, signal, tell));
  await dropCopies(parts, record.volume, signal);
  await trash.drop(record);
  await registry.remove(name);
}

function stillFull(
  { registry, trash }: RemovalParts,
  { record, data }: Removing,
  cause: unknown,
): VolumeError {
  const { name } = record.volume;
  return new VolumeError(
    'unavailable',
    `Volume ${name} could not be removed: the storage is so full that not even a name can be moved (${wordsOf(cause)}). ` +
      `Delete something there: what was removed before (beside ${trash.place(record.volume)}), or, if this volume's data is not needed, ` +
      `what is in ${data}; then retry. Its record is ${registry.fileOf(name)}.`,
    { cause },
  );
}
