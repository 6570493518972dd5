import type { KnownVolume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Backend } from '../../backend.ts';
import { doingOf } from '../change-words.ts';
import { createVolume, discardVolume } from './create-volume.ts';
import { diagnoseRecords } from './diagnose.ts';
import { foreseeChange } from './foresee.ts';
import { removedMethods } from './methods/removed.ts';
import { stagingMethods } from './methods/staging.ts';
import { unreadableVolume } from './registry.ts';
import { removeVolume } from './remove-volume.ts';
import { reportUnreadable } from './removed-volumes.ts';
import type { RecordedStorage } from './storage.ts';

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
