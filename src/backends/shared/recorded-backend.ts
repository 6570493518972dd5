import type { Log } from '../../core/log.ts';
import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Backend } from '../backend.ts';
import { createVolume, discardVolume } from './create-volume.ts';
import type { DataKind } from './data-kind.ts';
import { bringBack, type RemovalParts, removeVolume } from './removal.ts';
import { listRemovedVolumes, purgeRemovedVolumes, reportUnreadable } from './removed-volumes.ts';
import type { StorageRoot } from './storage-root.ts';
import { undeleteVolume } from './undelete.ts';

/** What a backend brings that records its volumes in files beside their data. */
export interface RecordedStorage extends RemovalParts {
  readonly log: Log;
  /** The registry's directory, for messages. */
  readonly registryPath: string;
  readonly root: StorageRoot;
  /** IDs of the volumes being created now. */
  readonly inProgress: Set<string>;
  kindOf(volume: Volume): DataKind;
  /** Leads every method: nothing is begun once it is given up, and every error is explained. */
  act<T>(attempt: Attempt<T>): Promise<T>;
  /** Deletes what crashes left of creates and writes. */
  clearLeftovers(): Promise<void>;
}

export interface Attempt<T> {
  /** The beginning of a message, such as `Volume db could not be created`. */
  readonly doing: string;
  readonly signal: AbortSignal;
  /** A look changes nothing, so its caller need not wait for its end; `local` has to do with this host's mounts alone. */
  readonly kind: 'look' | 'change' | 'local';
  /** When the storage that has this volume's data is all that is needed. */
  readonly volume?: Volume;
  work(doing: string, signal: AbortSignal): Promise<T>;
}

type RecordedMethods = Omit<Backend, 'capabilities' | 'plan' | 'isLost' | 'health' | 'details' | 'close'>;

/** The methods of a backend over such a storage. */
export function recordedMethods(storage: RecordedStorage): RecordedMethods {
  return { ...volumeMethods(storage), ...stagingMethods(storage), ...removedMethods(storage) };
}

function volumeMethods(
  storage: RecordedStorage,
): Pick<Backend, 'create' | 'discard' | 'remove' | 'lookup' | 'list'> {
  return {
    create: (volume, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be created`,
        signal,
        kind: 'change',
        work: () => createVolume(storage, volume, signal),
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
          if (await storage.root.exists(doing, signal)) await removeVolume(storage, volume, signal);
        },
      }),
    lookup: (name, signal) =>
      storage.act({
        doing: `Volume ${name} could not be looked up`,
        signal,
        kind: 'look',
        work: async (doing) => {
          await storage.root.requireThere(doing);
          const found = await storage.registry.lookup(name);
          // A registry that is not there does not say that there is no such volume.
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
          await stage(storage, volume, mountpoint, signal);
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

/**
 * Where the data is missing, a removal or a create may have been stopped half-way: as long as the volume is recorded, its
 * data is brought to its place. Another host may have removed it since.
 */
async function stage(
  storage: RecordedStorage,
  volume: Volume,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const kind = storage.kindOf(volume);
  if ((await kind.stage(volume, mountpoint, signal)) === 'staged') return;
  if ((await storage.registry.lookup(volume.name))?.id === volume.id) await bringBack(storage, volume);
  await kind.settle(volume);
  if ((await kind.stage(volume, mountpoint, signal)) === 'staged') return;
  const place = kind.placeOf(volume);
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its data ${place.kind === 'owned' ? place.paths[0] : place.path} is missing: mount the disk or restore it, nothing was recreated.`,
  );
}

function removedMethods(storage: RecordedStorage): Pick<Backend, 'listRemoved' | 'undelete' | 'purge'> {
  return {
    listRemoved: (signal) =>
      storage.act({
        doing: 'The removed volumes could not be listed',
        signal,
        kind: 'look',
        work: async (doing) =>
          (await storage.root.exists(doing, signal)) ? listRemovedVolumes(storage, storage.log, signal) : [],
      }),
    undelete: (removed, signal) =>
      storage.act({
        doing: `Volume ${removed.volume.name} could not be brought back`,
        signal,
        kind: 'change',
        work: async (doing) => {
          await storage.root.make(doing, signal);
          return undeleteVolume(storage, removed);
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
): Promise<readonly Volume[]> {
  if (!(await storage.root.exists(doing, signal))) return [];
  const listing = await storage.registry.list(signal);
  if (listing === undefined)
    throw new VolumeError('unavailable', `${doing}: ${storage.registryPath} is gone: repeat.`);
  reportUnreadable(storage.log, storage.driver, listing.unreadable);
  return listing.volumes;
}

async function purge(
  storage: RecordedStorage,
  doing: string,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  if (!(await storage.root.exists(doing, signal))) return [];
  await storage.clearLeftovers();
  return purgeRemovedVolumes(storage, storage.log, signal);
}
