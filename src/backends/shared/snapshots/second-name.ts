import { join } from 'node:path';
import { liveData } from '../recorded/removal.ts';
import type { RecordedStorage } from '../recorded/storage.ts';
import { clearTree } from './make-copy.ts';
import { copyPlaces } from './places.ts';

type Parts = Pick<RecordedStorage, 'files' | 'layout' | 'registry' | 'trash' | 'placeOf'>;

/**
 * Deletes an entry of the volume's directory of copies, unless it is data that has another name now. A brick of GlusterFS that did not
 * answer during a rename shows the earlier name until it is healed (10.3). To delete what is below that name is to delete the data itself.
 */
export async function clearUnneeded(
  parts: Parts,
  id: string,
  name: string,
  signal: AbortSignal,
): Promise<'cleared' | 'has-another-name'> {
  if (await hasOtherName(parts, id, name, signal)) return 'has-another-name';
  await clearTree(parts, join(copyPlaces(parts.layout.snapshots, id).directory, name), signal);
  return 'cleared';
}

async function hasOtherName(parts: Parts, id: string, name: string, signal: AbortSignal): Promise<boolean> {
  const { files, layout } = parts;
  const { directory } = copyPlaces(layout.snapshots, id);
  const found = await files.facts(join(directory, name));
  if (found === undefined) return false;
  const beside = ((await files.list(directory)) ?? []).filter((other) => other !== name);
  const others = [...beside.map((other) => join(directory, other)), ...(await dataOf(parts, id, signal))];
  for (const other of others) {
    const there = await files.facts(other);
    if (there?.inode === found.inode && there.device === found.device) return true;
  }
  return false;
}

/** Where the data of the volume with this ID may be, also as a removed one. */
async function dataOf(parts: Parts, id: string, signal: AbortSignal): Promise<readonly string[]> {
  const { registry, trash } = parts;
  const recorded = (await registry.list(signal))?.volumes ?? [];
  const removed = (await trash.list(signal)).records.map(({ volume }) => volume);
  const places: string[] = [];
  for (const volume of [...recorded, ...removed].filter((one) => one.id === id)) {
    const live = await liveData(parts, volume);
    places.push(...(live === undefined ? [] : [live]), trash.place(volume));
  }
  return places;
}
