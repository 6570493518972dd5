import { join } from 'node:path';
import type { BackendParts } from '../../../src/backends/definition.ts';
import { bindVerified, takeDown } from '../../../src/backends/shared/file-system/binding.ts';
import { ownerOf } from '../../../src/backends/shared/options/directory-options.ts';
import { admitBy } from '../../../src/backends/shared/options/recorded-options.ts';
import { createRecordedStorage } from '../../../src/backends/shared/recorded/create-storage.ts';
import type { DataKind } from '../../../src/backends/shared/recorded/data-kind.ts';
import { createOwnLayout } from '../../../src/backends/shared/recorded/own-layout.ts';
import { createRegistry } from '../../../src/backends/shared/recorded/registry.ts';
import type { RecordedStorage } from '../../../src/backends/shared/recorded/storage.ts';
import { createStorageRoot } from '../../../src/backends/shared/recorded/storage-root.ts';
import { noOtherHosts } from '../../../src/backends/shared/snapshots/copy-lock.ts';
import { explained, refuseAborted } from '../../../src/backends/shared/storage-errors.ts';
import type { Options, Volume } from '../../../src/core/volume.ts';
import { type MemorySettings, memoryOptions } from './settings.ts';

export const builtIn: Options = { uid: '0', gid: '0', mode: '0755', readOnly: 'false' };

/** Named by the volume's ID, so that two volumes with the same name cannot collide. */
export function directoryOf(folder: string, { name, id }: Volume): string {
  return join(folder, `${name}.${id}`);
}

export function createMemoryStorage(settings: MemorySettings, parts: BackendParts): RecordedStorage {
  const { folder } = settings;
  const files = parts.host.files.below(folder);
  const layout = createOwnLayout(folder);
  const admit = admitBy(memoryOptions, (_where, _name, { options }) => options);
  const kind = createDirectories(folder, parts);
  return createRecordedStorage({
    parts,
    files,
    layout,
    settings,
    registry: createRegistry(files, layout.registry, admit),
    root: createStorageRoot({
      files,
      directories: [layout.own, layout.trash],
      registry: layout.registry,
      owner: { uid: 0, gid: 0, mode: 0o700 },
      wayOut: `restore ${folder}`,
      requireThere: async () => undefined,
      claim: async () => void (await parts.host.files.makePrivateDirectory(folder)),
    }),
    changedNames: async () => [],
    hostLock: noOtherHosts,
    holding: (_directories, work) => work(),
    kindOf: () => kind,
    admit,
    act: ({ doing, signal, work }) =>
      explained(doing, folder, async () => {
        refuseAborted(signal, doing);
        return work(doing, signal);
      }),
    isAdopted: () => false,
    clearUnrecorded: async () => undefined,
  });
}

function createDirectories(folder: string, { host }: BackendParts): DataKind {
  const files = host.files.below(folder);
  const place = (volume: Volume) => directoryOf(folder, volume);
  return {
    madeUnder: 'id',
    requireFree: async () => undefined,
    async prepare(volume) {
      await files.createDirectory(place(volume), ownerOf(volume));
      return volume;
    },
    unsynced: () => [],
    settle: async () => undefined,
    async discard(volume) {
      if (await files.facts(place(volume))) await files.removeDirectory(place(volume));
    },
    placeOf: (volume) => ({ kind: 'owned', paths: [place(volume)] }),
    async stage(volume, mountpoint) {
      const source = await host.files.realPath(place(volume));
      if (source === undefined) return 'no-data';
      return bindVerified(host, { volume, source, data: place(volume), mountpoint, over: 'bare' });
    },
    unstage: (volume, mountpoint) => takeDown(host, volume, mountpoint),
  };
}
