import type { RemovedVolume } from '../../../../core/volume.ts';
import type { Backend } from '../../../backend.ts';
import { listRemovedVolumes, purgeRemovedVolumes } from '../removed-volumes.ts';
import { renameRemoved } from '../rename-removed.ts';
import type { RecordedStorage } from '../storage.ts';
import { undeleteVolume } from '../undelete.ts';

export function removedMethods(
  storage: RecordedStorage,
): Pick<Backend, 'listRemoved' | 'renameRemoved' | 'undelete' | 'purge'> {
  return {
    listRemoved: (signal) =>
      storage.act({
        doing: 'The removed volumes could not be listed',
        signal,
        kind: 'look',
        work: async (doing) =>
          (await storage.root.exists(doing, signal)) ? listRemovedVolumes(storage, storage.log, signal) : [],
      }),
    renameRemoved: (removed, name, signal) =>
      storage.act({
        doing: `Volume ${removed.volume.name} could not be brought back as ${name}`,
        signal,
        kind: 'change',
        work: async (doing) => {
          await storage.root.requireThere(doing);
          const volume = storage.admit(removed.volume);
          return renameRemoved(storage, { ...removed, volume }, storage.renamed(volume, name));
        },
      }),
    undelete: (removed, signal) =>
      storage.act({
        doing: `Volume ${removed.volume.name} could not be brought back`,
        signal,
        kind: 'change',
        work: async (doing) => {
          await storage.root.make(doing, signal);
          return undeleteVolume(storage, { ...removed, volume: storage.admit(removed.volume) });
        },
      }),
    purge: (signal) =>
      storage.act({
        doing: 'The purge could not be finished',
        signal,
        kind: 'change',
        work: (doing) => purge(storage, doing, signal),
      }),
  };
}

async function purge(
  storage: RecordedStorage,
  doing: string,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  if (!(await storage.root.exists(doing, signal))) return [];
  await storage.clearLeftovers(signal);
  return purgeRemovedVolumes(storage, storage.log, signal);
}
