import { operatorId } from '../../src/core/mount-ledger.ts';
import { type MountId, parseDriverName, parseVolumeName, type VolumeName } from '../../src/core/names.ts';
import { optionsDifference, type RemovedVolume, type Volume } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import type { HolderView, VolumeDriver, VolumeView } from '../../src/driver/volume-driver.ts';

interface Entry {
  readonly volume: Volume;
  readonly holders: Map<MountId, HolderView>;
}

export interface FakeDriver extends VolumeDriver {
  readonly removed: RemovedVolume[];
  /** What the next call of any verb throws. */
  failNext(error: unknown): void;
}

const someTime = '2024-01-02T03:04:05Z';

/** A driver that keeps volumes and holders in memory, with the meaning that the interface gives its verbs. */
export function createFakeDriver(name: string, members: readonly string[] = []): FakeDriver {
  const volumes = new Map<VolumeName, Entry>();
  const removed: RemovedVolume[] = [];
  let failure: { readonly error: unknown } | undefined;
  let revision = 0;

  function begin(): void {
    const failing = failure;
    failure = undefined;
    if (failing) throw failing.error;
    revision += 1;
  }
  function entryOf(volume: VolumeName): Entry {
    const entry = volumes.get(volume);
    if (entry) return entry;
    throw new VolumeError('not-found', `Volume ${volume} does not exist in driver ${name}.`);
  }
  function view({ volume, holders }: Entry): VolumeView {
    const mountpoint = holders.size > 0 ? { mountpoint: `/mnt/${name}/${volume.name}` } : {};
    const [member] = members.map(parseDriverName);
    return {
      volume,
      ...(member ? { member } : {}),
      ...mountpoint,
      holders: [...holders.values()],
      catalogAge: 1500,
      details: { zone: 'eu-1a' },
    };
  }

  return {
    name: parseDriverName(name),
    backend: 'fake',
    members: members.map(parseDriverName),
    capabilities: { scope: 'local', sharing: 'one-host' },
    removed,
    failNext(error) {
      failure = { error };
    },
    get revision() {
      return revision;
    },
    async create(volumeName, options) {
      begin();
      const asked = {
        name: volumeName,
        id: `id-${revision}`,
        options: { size: '1GiB', ...options },
        given: options,
        createdAt: someTime,
      };
      const existing = volumes.get(volumeName);
      const difference = existing && optionsDifference(existing.volume, asked);
      if (difference !== undefined)
        throw new VolumeError('conflict', `Volume ${volumeName} exists: ${difference}.`);
      if (!existing) volumes.set(volumeName, { volume: asked, holders: new Map() });
    },
    async remove(volumeName) {
      begin();
      const entry = volumes.get(volumeName);
      if (!entry) return;
      if (entry.holders.size > 0) throw new VolumeError('in-use', `Volume ${volumeName} is used.`);
      volumes.delete(volumeName);
      removed.unshift({ volume: entry.volume, removedAt: someTime, purgeAfter: '2024-01-03T03:04:05Z' });
    },
    async mount(volumeName, id, caller) {
      begin();
      if (caller.gone()) throw new VolumeError('timeout', `The caller of ${volumeName} is gone.`);
      const { holders } = entryOf(volumeName);
      const kind = id === operatorId ? 'operator' : 'client';
      holders.set(id, { id, kind, mountedAt: someTime });
      return {
        mountpoint: `/mnt/${name}/${volumeName}`,
        undelivered: async () => {
          holders.delete(id);
        },
      };
    },
    async unmount(volumeName, id) {
      begin();
      volumes.get(volumeName)?.holders.delete(id);
    },
    async get(volumeName) {
      begin();
      const entry = volumes.get(volumeName);
      return entry && view(entry);
    },
    list: () => Array.from(volumes.values(), view),
    async listRemoved() {
      begin();
      return [...removed];
    },
    async undelete(volumeName, id) {
      begin();
      const index = removed.findIndex(
        ({ volume }) => volume.name === volumeName && (!id || volume.id === id),
      );
      const [found] = index < 0 ? [] : removed.splice(index, 1);
      if (!found) throw new VolumeError('not-found', `No removed volume ${volumeName} is kept.`);
      volumes.set(volumeName, { volume: found.volume, holders: new Map() });
      return found.volume;
    },
    async planRecovery() {
      begin();
      return [{ action: 'restage', volume: parseVolumeName('db'), why: 'held and not mounted' }];
    },
    async recover() {
      begin();
      return [
        { action: 'restage', volume: parseVolumeName('db'), why: 'held and not mounted' },
        {
          action: 'unstage',
          volume: parseVolumeName('old'),
          why: 'mounted and not held',
          error: 'the server does not answer',
        },
      ];
    },
  };
}
