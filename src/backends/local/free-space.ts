import type { Host } from '../../host/host.ts';
import type { FreeSpace } from '../backend.ts';
import type { RecordedStorage } from '../shared/recorded/storage.ts';
import { whereMade } from './image-space.ts';

interface FreeSpaceParts {
  readonly host: Host;
  readonly storage: RecordedStorage;
}

/** That of the root's file system, for directories and images alike. Images are sparse: existing ones may still fill it. */
export function createLocalFreeSpace({ host, storage }: FreeSpaceParts): FreeSpace {
  const { root } = storage.layout;
  return {
    kind: 'measured',
    measure: (signal) =>
      storage.act({
        doing: 'The free space could not be measured',
        signal,
        kind: 'look',
        async work(doing) {
          await storage.root.requireThere(doing);
          return (await host.files.space(await whereMade(host, root))).freeBytes;
        },
      }),
  };
}
