import { join } from 'node:path';
import { parseVolumeName } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { FilesBelow } from '../../../host/host.ts';
import type { Registry } from '../recorded/registry.ts';
import { parseFresh, type ShareLayout } from './layout.ts';

/** On no host does a create take this long: the driver gives up after ten minutes. */
const leastAge = 15 * 60_000;

/**
 * Deletes the empty directories of unfinished creates: those that an earlier round, a quarter of an hour ago, also saw and that no
 * record names. A directory with content is never touched.
 */
export function createLeftovers(
  files: FilesBelow,
  layout: ShareLayout,
  registry: Registry,
  now: () => number,
): () => Promise<void> {
  let firstSeen: ReadonlyMap<string, number> = new Map();
  return async () => {
    const found = (await files.list(layout.fresh)) ?? [];
    firstSeen = new Map(found.map((directory) => [directory, firstSeen.get(directory) ?? now()]));
    for (const [directory, since] of firstSeen) {
      if (now() - since < leastAge || !(await isNobodys(registry, directory))) continue;
      const path = join(layout.fresh, directory);
      if ((await files.facts(path))?.kind !== 'directory') continue;
      if ((await files.list(path))?.length === 0) await files.removeDirectory(path);
    }
  };
}

async function isNobodys(registry: Registry, directory: string): Promise<boolean> {
  const fresh = parseFresh(directory);
  if (fresh === undefined) return false;
  try {
    return (await registry.lookup(parseVolumeName(fresh.name)))?.id !== fresh.id;
  } catch (error) {
    // An unreadable record may be its own.
    if (error instanceof VolumeError) return false;
    throw error;
  }
}
