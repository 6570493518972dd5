import type { Change, DataFate } from '../../backend.ts';
import { type DecidedRemoval, isDueAtOnce } from '../removal-decisions.ts';
import { requireFree } from './create-volume.ts';
import { trashRecordOf } from './remove-volume.ts';
import { requireRenamable } from './rename-removed.ts';
import type { RecordedStorage } from './storage.ts';
import { requireRecoverable } from './undelete.ts';

/** `doing` begins the messages. */
export async function foreseeChange(
  storage: RecordedStorage,
  change: Change,
  doing: string,
  signal: AbortSignal,
): Promise<DataFate | undefined> {
  const isThere = await storage.root.exists(doing, signal);
  if (change.verb === 'create') {
    const { volume } = change;
    const recorded = isThere ? await requireFree(storage, volume) : undefined;
    if (recorded === undefined) await storage.kindOf(volume).requireFree(volume, signal);
    return undefined;
  }
  if (change.verb === 'undelete') {
    const removed = { ...change.removed, volume: storage.admit(change.removed.volume) };
    if (change.as === undefined) await requireRecoverable(storage, removed);
    else await requireRenamable(storage, removed, storage.renamed(removed.volume, change.as));
    return undefined;
  }
  const volume = storage.admit(change.volume);
  const recorded = isThere ? await storage.registry.lookup(volume.name) : undefined;
  return recorded?.id === volume.id ? fateOf(trashRecordOf(storage, volume)) : undefined;
}

export function fateOf(removal: DecidedRemoval): DataFate {
  const { kept, purgeAfter } = removal;
  if (kept !== 'trash') return { kept: 'in-place' };
  if (isDueAtOnce(removal)) return { kept: 'nowhere' };
  return purgeAfter === undefined ? { kept } : { kept, purgeAfter };
}
