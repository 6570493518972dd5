import type { AuditedAct } from '../../../core/audit.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { requireData } from '../snapshots/clone.ts';
import { refuseAborted } from '../storage-errors.ts';
import { liveData } from './removal.ts';
import type { RecordedStorage } from './storage.ts';

/**
 * Records other options of a volume. Its data stays as it is. Throws `not-found` if another host removed the volume at the same moment:
 * its record, which this wrote again, is then removed.
 */
export async function replaceRecord(
  storage: RecordedStorage,
  next: Volume,
  { act, evidence }: Pick<AuditedAct, 'act' | 'evidence'>,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const { registry, trash, audit, driver } = storage;
  const isOwned = storage.placeOf(next).kind === 'owned';
  if (isOwned) await requireData(storage, next, doing);
  // An interrupted removal has one, too.
  const before = await trash.find(next);
  // Another host may have the lock by now.
  refuseAborted(signal, doing);
  audit({ act, driver, volume: next.name, evidence });
  await registry.replace(next);
  // A removal moves the data before the volume's own record, which becomes this one.
  const isTrashed = before === undefined && (await trash.find(next)) !== undefined;
  if (!isTrashed && (!isOwned || (await liveData(storage, next)) !== undefined)) return;
  await registry.remove(next.name);
  throw new VolumeError('not-found', `${doing}: another host removed it in the meantime.`);
}
