import { setTimeout as sleep } from 'node:timers/promises';
import type { VolumeName } from '../../../core/names.ts';
import { isUnreadable, type KnownVolume, type Volume } from '../../../core/volume.ts';
import type { FilesBelow } from '../../../host/host.ts';
import type { Admit } from '../options/recorded-options.ts';
import { createRegistry, type Registry, readableOrNone } from '../recorded/registry.ts';

/**
 * Milliseconds for which a GlusterFS client may show what another host removed or replaced. It is the kernel's second (`entry-timeout`,
 * `attribute-timeout`) alone: when that is over, the name is asked of the bricks, whatever `md-cache` still has. With two clients of two
 * servers (10.3), 976 ms were the longest, also while the name was looked up, or its directory used, all the time.
 */
export const clientMemory = 1_100;

/** The volume that has a name, and when this host found it in place of another one. */
interface KnownId {
  readonly id: string;
  readonly replacedAt?: number;
}

/**
 * The registry of a share, with records as the server has them now. If the name belongs to another volume than this host knew, also from a
 * list, its directory is another one too: then this waits until the client has forgotten the old one.
 */
export function createLatestRegistry(files: FilesBelow, directory: string, admit: Admit): Registry {
  const latest = createRegistry({ ...files, readText: (path) => files.readLatest(path) }, directory, admit);
  const cached = createRegistry(files, directory, admit);
  const known = new Map<VolumeName, KnownId>();

  function note({ name, id }: Volume): void {
    const before = known.get(name);
    if (before?.id !== id) known.set(name, before ? { id, replacedAt: performance.now() } : { id });
  }

  async function find(name: VolumeName): Promise<KnownVolume | undefined> {
    // A record that another host is just replacing may be missing for a moment (seen with GlusterFS 10.3).
    const found = (await latest.find(name)) ?? (known.has(name) ? await latest.find(name) : undefined);
    if (found === undefined || isUnreadable(found)) return found;
    note(found);
    const since = performance.now() - (known.get(name)?.replacedAt ?? -Infinity);
    if (since < clientMemory) await sleep(clientMemory - since);
    return found;
  }

  return {
    ...cached,
    async add(volume, after) {
      const isAdded = await latest.add(volume, after);
      if (isAdded) known.set(volume.name, { id: volume.id });
      return isAdded;
    },
    find,
    lookup: async (name) => readableOrNone(await find(name)),
    async list(signal) {
      const listing = await cached.list(signal);
      for (const volume of listing?.volumes ?? []) note(volume);
      return listing;
    },
  };
}
