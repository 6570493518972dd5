import { createStorageRoot, type StorageRoot } from '../recorded/storage-root.ts';
import type { ShareLayout } from './layout.ts';
import type { OpenShare } from './open-share.ts';

/** The root directory of the registry on a share. */
export function createShareRoot({ files, share }: OpenShare, layout: ShareLayout): StorageRoot {
  return createStorageRoot({
    files,
    directories: [layout.own, layout.fresh, layout.trash],
    registry: layout.registry,
    // The owner stays as the server sets it: with root_squash, it cannot be changed.
    owner: { uid: -1, gid: -1, mode: 0o700 },
    wayOut: `check that ${share.source} is still the right export, or restore it`,
    // Every attempt mounts the share first.
    requireThere: async () => undefined,
    claim: async () => undefined,
  });
}
