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
 * record names. A directory with content is never touched, except one that a probe of limits filled.
 */
export function createLeftovers(
  files: FilesBelow,
  layout: ShareLayout,
  registry: Registry,
  now: () => number,
): () => Promise<void> {
  const oldFresh = createOldNames(files, layout.fresh, now);
  const oldProbes = createOldNames(files, layout.probes, now);
  return async () => {
    for (const probe of await oldProbes())
      await files.removeTree(join(layout.probes, probe), AbortSignal.timeout(60_000));
    for (const directory of await oldFresh()) {
      if (!(await isNobodys(registry, directory))) continue;
      const path = join(layout.fresh, directory);
      if ((await files.facts(path))?.kind !== 'directory') continue;
      if ((await files.list(path))?.length === 0) await files.removeDirectory(path);
    }
  };
}

/** The names in a directory that were there a quarter of an hour ago, too. */
function createOldNames(
  files: Pick<FilesBelow, 'list'>,
  directory: string,
  now: () => number,
): () => Promise<readonly string[]> {
  let firstSeen: ReadonlyMap<string, number> = new Map();
  return async () => {
    const found = (await files.list(directory)) ?? [];
    firstSeen = new Map(found.map((name) => [name, firstSeen.get(name) ?? now()]));
    return [...firstSeen].flatMap(([name, since]) => (now() - since < leastAge ? [] : [name]));
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
