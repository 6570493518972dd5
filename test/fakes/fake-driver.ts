import { operatorId } from '../../src/core/mount-ledger.ts';
import { type MountId, parseDriverName, parseVolumeName, type VolumeName } from '../../src/core/names.ts';
import { parseSourceName, type Snapshot } from '../../src/core/protect/snapshot.ts';
import { optionsDifference, type RemovedVolume, type Volume } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { holderAt } from '../../src/driver/places/path.ts';
import type {
  HolderView,
  StagedUse,
  VolumeDriver,
  VolumeUses,
  VolumeView,
} from '../../src/driver/volume-driver.ts';

interface Entry {
  readonly volume: Volume;
  readonly holders: Map<MountId, HolderView>;
}

export interface FakeDriver extends VolumeDriver {
  readonly removed: RemovedVolume[];
  /** Sets the users of the volume that the kernel shows from now on. */
  use(name: string, seen: VolumeUses): void;
  /** Uses that the kernel shows, by held volume; none by default. */
  readonly used: Map<VolumeName, Partial<StagedUse>>;
  /** Adds the copy of a snapshot that is elsewhere. */
  addCopy(snapshot: Snapshot): void;
  /** Makes the next call of any verb throw this error. */
  failNext(error: unknown): void;
}

const someTime = '2024-01-02T03:04:05Z';

/** A driver that keeps volumes and holders in memory, and implements the verbs as the interface requires. */
export function createFakeDriver(name: string, members: readonly string[] = []): FakeDriver {
  const volumes = new Map<VolumeName, Entry>();
  const removed: RemovedVolume[] = [];
  const snapshots: Snapshot[] = [];
  /** Each is complete at the second look. */
  const copies = new Set<string>();
  const uses = new Map<string, VolumeUses>();
  const used = new Map<VolumeName, Partial<StagedUse>>();
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
  function snapshotAt(volume: VolumeName, name: string): number {
    const index = snapshots.findIndex((one) => one.name === name && one.volume.name === volume);
    if (index < 0) throw new VolumeError('not-found', `Volume ${volume} has no snapshot ${name}.`);
    return index;
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
    offers: { snapshots: true, growth: true, modifications: true, freeSpace: true, attachments: true },
    removed,
    use: (volumeName, seen) => void uses.set(volumeName, seen),
    failNext(error) {
      failure = { error };
    },
    get revision() {
      return revision;
    },
    async create(volumeName, options, prepare) {
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
      if (existing) return;
      const prepared = await prepare?.(parseSourceName(options.from ?? '').volume);
      volumes.set(volumeName, { volume: asked, holders: new Map() });
      await prepared?.release();
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
    async releaseVolume(volumeName) {
      begin();
      const { holders } = entryOf(volumeName);
      if ((uses.get(volumeName)?.users.length ?? 0) > 0)
        throw new VolumeError('in-use', `Volume ${volumeName} is used.`);
      const ids = [...holders.keys()];
      holders.clear();
      return ids.length === 0 ? { holders: [] } : { holders: ids, mountpoint: `/mnt/${name}/${volumeName}` };
    },
    async publish(volumeName, { path }) {
      begin();
      const { holders } = entryOf(volumeName);
      const at = holderAt(path);
      holders.set(at, { id: at, kind: 'published', path, mountedAt: someTime });
    },
    async unpublish(volumeName, path) {
      begin();
      volumes.get(volumeName)?.holders.delete(holderAt(path));
    },
    async get(volumeName) {
      begin();
      const entry = volumes.get(volumeName);
      return entry && view(entry);
    },
    async usageOf(volumeName) {
      begin();
      return volumes.has(volumeName)
        ? { of: 'volume', usedBytes: 1024, sizeBytes: 1024 ** 3, usedInodes: 2, inodes: 100, measuredAt: 0 }
        : undefined;
    },
    async usesOf(volumeName) {
      begin();
      return uses.get(volumeName) ?? { users: [], ownMounts: [] };
    },
    missing: async (volumeName) =>
      new VolumeError('not-found', `Volume ${volumeName} does not exist in driver ${name}.`),
    list: () => Array.from(volumes.values(), view),
    views: () => Array.from(volumes.values(), view),
    status: () => {
      const held = [...volumes.values()].filter(({ holders }) => holders.size > 0).length;
      return { volumes: volumes.size, unreadable: 0, mounted: held, held, catalogAge: 1500 };
    },
    async uses() {
      begin();
      return [...volumes.values()]
        .filter(({ holders }) => holders.size > 0)
        .map((entry) => ({
          view: view(entry),
          use: 'unused',
          users: [],
          ownMounts: [],
          ...used.get(entry.volume.name),
        }));
    },
    used,
    async unused() {
      begin();
      return [...volumes.values()]
        .filter(({ holders }) => holders.size === 0)
        .map((entry) => ({ view: view(entry) }));
    },
    async listRemoved() {
      begin();
      return [...removed];
    },
    async undelete(volumeName, id, as = volumeName) {
      begin();
      const index = removed.findIndex(
        ({ volume }) => volume.name === volumeName && (!id || volume.id === id),
      );
      const [found] = index < 0 ? [] : removed.splice(index, 1);
      if (!found) throw new VolumeError('not-found', `No removed volume ${volumeName} is kept.`);
      const volume = { ...found.volume, name: as };
      volumes.set(as, { volume, holders: new Map() });
      return volume;
    },
    async foresee(intent) {
      begin();
      if (intent.verb === 'create') {
        const { name: volumeName, options } = intent;
        const asked = {
          name: volumeName,
          id: 'new',
          options: { size: '1GiB', ...options },
          given: options,
          createdAt: someTime,
        };
        const existing = volumes.get(volumeName)?.volume;
        const difference = existing && optionsDifference(existing, asked);
        if (difference !== undefined)
          throw new VolumeError('conflict', `Volume ${volumeName} exists: ${difference}.`);
        if (existing) return { steps: [], volume: existing };
        const before = await intent.prepare?.(parseSourceName(options.from ?? '').volume);
        const steps = (before?.steps ?? []).map((about) => ({ act: 'prepare', about }) as const);
        return { steps: [...steps, { act: 'create', about: `in driver ${name}` }], volume: asked };
      }
      if (intent.verb === 'undelete') return { steps: [{ act: 'undelete', about: intent.id ?? 'the last' }] };
      if ('snapshot' in intent && intent.verb !== 'snapshot') {
        const about = snapshots[snapshotAt(intent.name, intent.snapshot)]?.id ?? '';
        const acts = {
          rollback: 'roll back',
          'remove-snapshot': 'delete snapshot',
          'copy-snapshot': 'copy snapshot',
        } as const;
        return { steps: [{ act: acts[intent.verb], about }] };
      }
      const { holders, volume } = entryOf(intent.name);
      if (intent.verb === 'grow') {
        const grown = { ...volume, options: { ...volume.options, size: intent.size } };
        return { steps: [{ act: 'grow', about: `to ${intent.size}` }], volume: grown };
      }
      if (intent.verb === 'modify') {
        const about = Object.entries(intent.options).map(([key, value]) => `${key} to ${value}`);
        return { steps: [{ act: 'modify', about: about.join(', ') }] };
      }
      if (intent.verb === 'snapshot') return { steps: [{ act: 'snapshot', about: intent.snapshot }] };
      if (intent.verb === 'remove' && holders.size > 0)
        throw new VolumeError('in-use', `Volume ${intent.name} is used.`);
      const steps = Array.from(holders.keys(), (about) => ({ act: 'drop holder', about }) as const);
      return { steps: intent.verb === 'mount' ? [{ act: 'hold', about: intent.id }] : steps };
    },
    async snapshot(volumeName, snapshot, use, prepare) {
      begin();
      const prepared = await prepare?.();
      const { volume } = entryOf(volumeName);
      const made: Snapshot = {
        name: snapshot,
        id: `id-${revision}`,
        volume,
        createdAt: someTime,
        consistency: use === 'accept' ? 'live' : 'frozen',
      };
      if (snapshots.some((one) => one.name === snapshot && one.volume.name === volumeName))
        throw new VolumeError('conflict', `Volume ${volumeName} has a snapshot ${snapshot}.`);
      snapshots.push(made);
      await prepared?.release();
      return made;
    },
    async listSnapshots(volumeName) {
      begin();
      return snapshots
        .filter(({ volume }) => volumeName === undefined || volume.name === volumeName)
        .map((snapshot) => ({ volume: snapshot.volume.name, snapshot }));
    },
    async removeSnapshot(volumeName, snapshot) {
      begin();
      snapshots.splice(snapshotAt(volumeName, snapshot), 1);
    },
    addCopy: (snapshot) => void snapshots.push(snapshot),
    async copySnapshot(volumeName, snapshot, place) {
      begin();
      const { id } = snapshots[snapshotAt(volumeName, snapshot)] ?? {};
      const progress = copies.has(`${id} ${place}`) ? {} : { progress: 0 };
      copies.add(`${id} ${place}`);
      return { id: `copy-of-${id}`, place, ...progress };
    },
    async rollback(volumeName, snapshot) {
      begin();
      snapshotAt(volumeName, snapshot);
      const { volume } = entryOf(volumeName);
      const before = { ...volume, id: `id-${revision}` };
      const kept = { volume: before, removedAt: someTime, purgeAfter: '2024-01-03T03:04:05Z' };
      removed.unshift(kept);
      return kept;
    },
    attach: async () => undefined,
    detach: async () => undefined,
    thisHost: async () => ({ id: 'i-a', zone: 'eu-test-1a' }),
    freeSpace: async () => 64 * 1024 ** 3,
    async modify(volumeName, options) {
      begin();
      const entry = entryOf(volumeName);
      const modified = { ...entry.volume, options: { ...entry.volume.options, ...options } };
      volumes.set(volumeName, { ...entry, volume: modified });
      return modified;
    },
    async grow(volumeName, size) {
      begin();
      const entry = entryOf(volumeName);
      const grown = { ...entry.volume, options: { ...entry.volume.options, size } };
      volumes.set(volumeName, { ...entry, volume: grown });
      return grown;
    },
    async readAside(volumeName, use, work) {
      begin();
      const { volume, holders } = entryOf(volumeName);
      if (holders.size > 0 && use === 'refuse')
        throw new VolumeError('in-use', `Volume ${volumeName} is in use.`);
      return work({ path: `/mnt/.aside/${name}/1/data`, volume, consistency: 'live' });
    },
    async fill(volumeName, given, work) {
      begin();
      if (volumes.has(volumeName)) throw new VolumeError('conflict', `Volume ${volumeName} exists.`);
      await work(`/mnt/.aside/${name}/1/data`);
      const volume = {
        name: volumeName,
        id: `id-${revision}`,
        options: { ...given },
        given: { ...given },
        createdAt: someTime,
      };
      volumes.set(volumeName, { volume, holders: new Map() });
      return volume;
    },
    diagnose: async () => [{ level: 'ok', subject: 'records', evidence: 'All can be read.' }],
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
