import type { KnownVolume, RemovedVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Backend } from '../../backend.ts';
import { doingOf } from '../change-words.ts';
import { createVolume, discardVolume } from './create-volume.ts';
import { diagnoseRecords } from './diagnose.ts';
import { foreseeChange } from './foresee.ts';
import { unreadableVolume } from './registry.ts';
import { bringBack } from './removal.ts';
import { removeVolume } from './remove-volume.ts';
import { listRemovedVolumes, purgeRemovedVolumes, reportUnreadable } from './removed-volumes.ts';
import { renameRemoved } from './rename-removed.ts';
import type { RecordedStorage } from './storage.ts';
import { undeleteVolume } from './undelete.ts';

type RecordedMethods = Omit<
  Backend,
  | 'capabilities'
  | 'plan'
  | 'isLost'
  | 'health'
  | 'usage'
  | 'removedBytes'
  | 'details'
  | 'hostPath'
  | 'snapshots'
  | 'growth'
  | 'modifications'
  | 'freeSpace'
  | 'attachments'
  | 'close'
>;

/** The methods of a backend on such a storage. */
export function recordedMethods(storage: RecordedStorage): RecordedMethods {
  const methods = volumeMethods(storage);
  return {
    ...methods,
    ...stagingMethods(storage),
    ...useMethods(storage),
    ...removedMethods(storage),
    diagnose: (signal) => diagnoseRecords(storage, methods.list, signal),
  };
}

type VolumeMethods = Pick<
  Backend,
  'expectVolumes' | 'create' | 'foresee' | 'discard' | 'remove' | 'lookup' | 'list' | 'changedNames'
>;

function volumeMethods(storage: RecordedStorage): VolumeMethods {
  return {
    expectVolumes: () => storage.root.expect(),
    create: (volume, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be created`,
        signal,
        kind: 'change',
        work: () => createVolume(storage, volume, signal),
      }),
    foresee: (change, signal) =>
      storage.act({
        doing: doingOf(change),
        signal,
        kind: 'look',
        work: (doing) => foreseeChange(storage, change, doing, signal),
      }),
    discard: (volume, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be discarded`,
        signal,
        kind: 'change',
        work: () => discardVolume(storage, volume, signal),
      }),
    remove: (volume, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be removed`,
        signal,
        kind: 'change',
        work: async (doing) => {
          const admitted = storage.admit(volume);
          if (await storage.root.exists(doing, signal)) await removeVolume(storage, admitted, signal);
        },
      }),
    lookup: (name, signal) =>
      storage.act({
        doing: `Volume ${name} could not be looked up`,
        signal,
        kind: 'look',
        work: async (doing) => {
          await storage.root.requireThere(doing);
          const found = await storage.registry.find(name);
          // A missing registry does not prove that there is no such volume.
          if (found === undefined) await storage.root.exists(doing, signal);
          return found;
        },
      }),
    list: (signal) =>
      storage.act({
        doing: 'The volumes could not be listed',
        signal,
        kind: 'look',
        work: (doing) => list(storage, doing, signal),
      }),
    changedNames: (known, signal) =>
      storage.act({
        doing: 'Changes by other hosts could not be read',
        signal,
        kind: 'look',
        work: () => storage.changedNames(known),
      }),
  };
}

function stagingMethods(storage: RecordedStorage): Pick<Backend, 'stage' | 'unstage'> {
  return {
    stage: (volume, mountpoint, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be mounted`,
        signal,
        kind: 'change',
        volume,
        work: async (doing) => {
          await storage.root.requireThere(doing);
          await stage(storage, storage.admit(volume), mountpoint, signal);
        },
      }),
    unstage: (volume, mountpoint, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be unmounted`,
        signal,
        kind: 'local',
        work: () => storage.kindOf(volume).unstage(volume, mountpoint),
      }),
  };
}

function useMethods(storage: RecordedStorage): Pick<Backend, 'noteUse' | 'lastUses'> {
  return {
    noteUse: (volumes, at, signal) =>
      storage.act({
        doing: 'The use of volumes could not be noted',
        signal,
        kind: 'change',
        work: async (doing) => {
          if (await storage.root.exists(doing, signal)) await storage.useNotes.note(volumes, at, signal);
        },
      }),
    lastUses: (signal) =>
      storage.act({
        doing: 'When the volumes were last used could not be read',
        signal,
        kind: 'look',
        work: async (doing) =>
          (await storage.root.exists(doing, signal)) ? storage.useNotes.all(signal) : new Map(),
      }),
  };
}

/**
 * If the data is missing, a removal or a create may have been interrupted: as long as the volume is recorded, its data is brought back
 * to its place. Another host may have removed the volume since.
 */
async function stage(
  storage: RecordedStorage,
  volume: Volume,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const kind = storage.kindOf(volume);
  if ((await kind.stage(volume, mountpoint, signal)) === 'staged') return;
  await bringBack(storage, volume);
  await kind.settle(volume);
  if ((await kind.stage(volume, mountpoint, signal)) === 'staged') return;
  const place = kind.placeOf(volume);
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its data ${place.kind === 'owned' ? place.paths[0] : place.path} is missing: mount the disk or restore it, nothing was recreated.`,
  );
}

function removedMethods(
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

async function list(
  storage: RecordedStorage,
  doing: string,
  signal: AbortSignal,
): Promise<readonly KnownVolume[]> {
  if (!(await storage.root.exists(doing, signal))) return [];
  const listing = await storage.registry.list(signal);
  if (listing === undefined)
    throw new VolumeError('unavailable', `${doing}: ${storage.registryPath} is gone: retry.`);
  reportUnreadable(storage.log, storage.driver, listing.unreadable);
  const unreadable = listing.unreadable.flatMap((record) => unreadableVolume(record) ?? []);
  if (unreadable.length === 0) return listing.volumes;
  return [...listing.volumes, ...unreadable].sort((a, b) => (a.name < b.name ? -1 : 1));
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
