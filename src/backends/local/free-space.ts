import type { Host } from '../../host/host.ts';
import type { FreeSpace } from '../backend.ts';
import { createFreeSpace } from '../shared/recorded/free-space.ts';
import type { RecordedStorage } from '../shared/recorded/storage.ts';
import { whereMade } from './image-space.ts';

interface FreeSpaceParts {
  readonly host: Host;
  readonly storage: RecordedStorage;
}

/** That of the root's file system, for directories and images alike. Images are sparse: existing ones may still fill it. */
export function createLocalFreeSpace({ host, storage }: FreeSpaceParts): FreeSpace {
  return createFreeSpace(storage, async (doing) => {
    await storage.root.requireThere(doing);
    return (await host.files.space(await whereMade(host, storage.layout.root))).freeBytes;
  });
}
