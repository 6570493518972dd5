import type { Log } from '../../core/log.ts';
import { isWithin } from '../../core/paths.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { createStorageRoot, type StorageRoot } from '../shared/recorded/storage-root.ts';
import type { RootParts } from './layout.ts';

export function createLocalRoot(
  { host, files, layout }: RootParts,
  log: Log,
  requiredMounts: readonly string[],
): StorageRoot {
  const needed = requiredMounts.filter((path) => isWithin(layout.root, path));
  let isPrivate = false;
  return createStorageRoot({
    files,
    directories: [layout.own, layout.images, layout.trash],
    registry: layout.registry,
    owner: { uid: 0, gid: 0, mode: 0o700 },
    wayOut: `mount the disk of ${layout.root} again or restore it`,
    async requireThere(doing) {
      for (const path of needed) {
        if ((await host.mounts.at(path)).kind !== 'mounted') throw notMounted(doing, path);
      }
    },
    /** Closed to other users: volumes have their own modes and may contain setuid files, which are only for containers. */
    async claim() {
      if (isPrivate) return;
      const mode = await host.files.makePrivateDirectory(layout.root);
      if (mode !== undefined) log.write('warn', 'directory-narrowed', { path: layout.root, mode });
      isPrivate = true;
    },
  });
}

export function notMounted(doing: string, place: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: nothing is mounted at ${place}, but the driver's requireMount requires a mount: mount the disk, then retry.`,
  );
}
