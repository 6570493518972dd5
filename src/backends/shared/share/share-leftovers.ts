import { join } from 'node:path';
import { parseVolumeName } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { RemoteFiles } from '../../../host/host.ts';
import type { Registry } from '../registry.ts';
import { parseFresh, type ShareLayout } from './share-layout.ts';

/** No create takes as long (the driver gives up after ten minutes), on whatever host. */
const leastAge = 15 * 60_000;

/**
 * Takes away the empty directories of creates that never came to their end: those that an earlier round, a quarter of an
 * hour ago, saw as well and that no record names. What has something in it is never touched.
 */
export function createLeftovers(
  files: RemoteFiles,
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
    // A record that cannot be read may be its own.
    if (error instanceof VolumeError) return false;
    throw error;
  }
}
