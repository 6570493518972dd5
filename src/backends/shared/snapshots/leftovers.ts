import type { Volume } from '../../../core/volume.ts';
import { liveData } from '../recorded/removal.ts';
import type { RecordedStorage } from '../recorded/storage.ts';
import { copyPlaces, isVolumeId, nextName, partSuffix } from './places.ts';
import { clearUnneeded } from './second-name.ts';

type Parts = Pick<RecordedStorage, 'files' | 'layout' | 'registry' | 'trash' | 'placeOf' | 'copyLock'>;

/** Deletes what interrupted copies left. Complete snapshots are never touched, whatever their volume. */
export async function clearCopies(parts: Parts, signal: AbortSignal): Promise<void> {
  const { files, layout, copyLock } = parts;
  for (const id of ((await files.list(layout.snapshots)) ?? []).filter(isVolumeId)) {
    const names = await files.list(copyPlaces(layout.snapshots, id).directory);
    if (names === undefined || (names.length > 0 && !names.some(isUnfinished))) continue;
    await copyLock.ifIdle(id, 'Unfinished copies could not be deleted', signal, (until) =>
      clear(parts, id, until),
    );
  }
  await copyLock.sweep(signal);
}

async function clear(parts: Parts, id: string, signal: AbortSignal): Promise<void> {
  const { files, layout } = parts;
  const { directory } = copyPlaces(layout.snapshots, id);
  for (const name of (await files.list(directory)) ?? []) {
    if (!isUnfinished(name) || (name === nextName && !(await isNobodys(parts, id, signal)))) continue;
    await clearUnneeded(parts, id, name, signal);
  }
  if ((await files.list(directory))?.length === 0) await files.removeDirectory(directory);
}

function isUnfinished(name: string): boolean {
  return name.endsWith(partSuffix) || name === nextName;
}

/** A recorded volume without data gets it at its next mount. A record that cannot be read may be its own. */
async function isNobodys(parts: Parts, id: string, signal: AbortSignal): Promise<boolean> {
  const listing = await parts.registry.list(signal);
  if (listing === undefined || listing.unreadable.length > 0) return false;
  const volume: Volume | undefined = listing.volumes.find((recorded) => recorded.id === id);
  return volume === undefined || (await liveData(parts, volume)) !== undefined;
}
