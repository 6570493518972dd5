import { setTimeout as sleep } from 'node:timers/promises';
import type { VolumeName } from '../../../core/names.ts';
import type { RemoteFiles } from '../../../host/host.ts';
import { createRegistry, type Registry } from '../registry.ts';

/**
 * Milliseconds for which a client of GlusterFS goes on with what another host removed or replaced (1 s: `entry-timeout`,
 * `attribute-timeout` and `performance.md-cache-timeout`).
 */
export const clientMemory = 1_100;

/**
 * The registry of a share. A record is what the server has now; and when it is another volume's than the one that this
 * host knew under the name, the directory is, too: it is waited for until the client has forgotten the old one.
 */
export function createLatestRegistry(files: RemoteFiles, directory: string): Registry {
  const latest = createRegistry({ ...files, readText: (path) => files.readLatest(path) }, directory);
  const known = new Map<VolumeName, string>();
  return {
    ...createRegistry(files, directory),
    async add(volume) {
      const isAdded = await latest.add(volume);
      if (isAdded) known.set(volume.name, volume.id);
      return isAdded;
    },
    async lookup(name) {
      const found = await latest.lookup(name);
      if (found === undefined) return undefined;
      const before = known.get(name);
      if (before !== undefined && before !== found.id) await sleep(clientMemory);
      known.set(name, found.id);
      return found;
    },
  };
}
