import { basename } from 'node:path';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type {
  DetachedMount,
  FileSystem,
  MountEntry,
  MountState,
  Mounts,
  MountUser,
  MountUses,
} from '../../../src/host/host.ts';
import { holdDisk } from './disks.ts';
import {
  deviceOf,
  errno,
  findMountpoint,
  isDetached,
  isMountRoot,
  type Place,
  reach,
  walk,
} from './paths.ts';
import { endIfIdle, type FakeShareMount, sourceOf } from './shares.ts';
import { type FakeMount, type FakeState, releaseIdle } from './state.ts';
import { type FakeDirectory, type FakeFile, type FakeFileSystem, isWithin, pathOf } from './tree.ts';

export function fakeMounts(state: FakeState): Mounts {
  return {
    at: async (path) => at(state, path),
    below: async (directory) => below(state, directory).map(entryOf),
    bind: async (source, target, flags) => bind(state, source, target, flags),
    mountImage: async (image, target, fileSystem) => mountImage(state, image, target, fileSystem),
    mountDetached: async (image, fileSystem) => mountDetached(state, image, fileSystem),
    loopOf: async (fileName) => {
      const loop = [...state.loops].find(([, file]) => basename(pathOf(file)) === fileName);
      return loop && `loop${loop[0]}`;
    },
    refreshImage: async (target) => {
      const place = findMountpoint(state, target);
      const loop = [...state.loops].find(([, file]) => file.image === place?.mount.fileSystem);
      if (loop === undefined) throw errno('ENOENT', target);
      state.loopBytes.set(loop[0], loop[1].size);
    },
    thaw: async (target) => {
      const place = findMountpoint(state, target);
      if (place && isMountRoot(place)) state.frozen.delete(place.mount.fileSystem);
    },
    whileFrozen: async (target, _most, work) => {
      const place = findMountpoint(state, target);
      if (!place || !isMountRoot(place))
        throw new VolumeError('unavailable', `Cannot freeze ${target}: nothing is mounted there`);
      const { fileSystem } = place.mount;
      if (state.frozen.has(fileSystem))
        throw new VolumeError('failed', `Cannot freeze ${target}: Device or resource busy`);
      state.frozen.add(fileSystem);
      try {
        return { value: await work(), isWhole: state.frozen.has(fileSystem) };
      } finally {
        state.frozen.delete(fileSystem);
      }
    },
    mountDisk: async (device, target, fileSystem) => mountDisk(state, device, target, fileSystem),
    unmount: async (target) => unmount(state, target),
    makeMountRoot: async (path) => {
      const place = reach(state, path, 'keep');
      if (!isMountRoot(place)) addMount(state, path, directoryAt(place), [], place.mount.via);
      const { mount } = reach(state, path, 'keep');
      if (mount.propagation.length === 0) mount.propagation = [`shared:${state.next.peer++}`];
    },
    releaseMountRoot: async (path) => {
      const place = findMountpoint(state, path);
      if (place && isOwnBind(state, place) && below(state, path).length === 0) unmount(state, path);
    },
    uses: async (root) => uses(state, root),
  };
}

/** Adds a mount at the target, on top of existing ones. */
export function addMount(
  state: FakeState,
  target: string,
  node: FakeDirectory,
  flags: readonly string[],
  via?: FakeShareMount,
): void {
  const place = reach(state, target, 'follow');
  directoryAt(place);
  const isShared = place.mount.propagation.length > 0;
  state.mounts.push({
    mountId: state.next.mount++,
    parentId: place.mount.mountId,
    mountpoint: place.path,
    fileSystem: node.fileSystem,
    node,
    options: optionsOf(flags),
    propagation: isShared ? [`shared:${state.next.peer++}`] : [],
    via,
  });
}

function optionsOf(flags: readonly string[]): readonly string[] {
  const others = new Set(flags.filter((flag) => flag !== 'ro'));
  return [flags.includes('ro') ? 'ro' : 'rw', ...others, 'relatime'];
}

function at(state: FakeState, path: string): MountState {
  const place = findMountpoint(state, path);
  if (!place) return { kind: 'missing' };
  if (!isMountRoot(place)) return { kind: 'bare' };
  return { kind: 'mounted', device: deviceOf(place.mount), inode: place.node.inode };
}

function below(state: FakeState, directory: string): readonly FakeMount[] {
  const prefix = directory === '/' ? '/' : `${directory}/`;
  return state.mounts.filter(
    (mount) => mount.mountpoint !== '/' && mount.mountpoint.startsWith(prefix) && !isDetached(mount),
  );
}

function bind(state: FakeState, source: string, target: string, flags: readonly string[]): void {
  const from = walk(state, source, 'follow');
  if (from.path !== source) throw errno('ELOOP', source);
  addMount(state, target, directoryAt(from), [...flags, ...keptOf(from.mount)], from.mount.via);
}

function mountImage(state: FakeState, image: string, target: string, asked: FileSystem): void {
  const content = attachImage(state, image, asked);
  addMount(state, target, content.root, flagsIn(asked));
}

function mountDetached(state: FakeState, image: string, asked: FileSystem): DetachedMount | undefined {
  if (!state.canDetach) return undefined;
  const fileSystem = attachImage(state, image, asked);
  const mountId = state.next.mount++;
  const root = `/proc/self/fd/${mountId}`;
  const made = { mountId, parentId: 0, mountpoint: root, fileSystem, propagation: [], via: undefined };
  state.mounts.push({ ...made, node: fileSystem.root, options: optionsOf(flagsIn(asked)) });
  return {
    root,
    bind: async (source, target, flags) => bind(state, source, target, flags),
    close: async () => {
      state.mounts = state.mounts.filter((mount) => mount.mountId !== mountId);
      releaseIdle(state);
    },
  };
}

function attachImage(state: FakeState, image: string, asked: FileSystem): FakeFileSystem {
  const { node } = walk(state, image, 'follow');
  if (node.kind !== 'file') throw errno('EINVAL', image);
  if (node.image?.type !== asked.type) throw errno('EINVAL', image);
  attachLoop(state, node, node.image);
  return node.image;
}

function mountDisk(state: FakeState, device: string, target: string, asked: FileSystem): void {
  const { node, path } = walk(state, device, 'follow');
  if (path !== device) throw errno('ELOOP', device);
  if (node.kind !== 'block-device') throw errno('ENOTBLK', device);
  const content = node.disk.image;
  if (content?.type !== asked.type || node.disk.isUnreadable) throw errno('EINVAL', device);
  Object.assign(content, { device: node.number, source: device });
  addMount(state, target, content.root, flagsIn(asked));
  holdDisk(state, node, content);
}

const kept = ['ro', 'nosuid', 'nodev', 'noexec'];

/** A bind inherits the options of its source's mount. */
function keptOf({ options }: FakeMount): readonly string[] {
  return kept.filter((flag) => options.includes(flag));
}

function flagsIn({ options, access }: FileSystem): readonly string[] {
  return [...(access === 'read-only' ? ['ro'] : []), ...options.filter((option) => kept.includes(option))];
}

function attachLoop(state: FakeState, file: FakeFile, content: FakeFileSystem): void {
  if ([...state.loops.values()].includes(file)) return;
  let number = 0;
  while (state.loops.has(number)) number += 1;
  state.loops.set(number, file);
  state.loopBytes.set(number, file.size);
  content.device = `7:${number}`;
  content.source = `/dev/loop${number}`;
}

export function unmount(state: FakeState, target: string): void {
  const place = findMountpoint(state, target);
  if (!place || !isMountRoot(place)) return;
  const { mount } = place;
  const isBusy = state.busy.has(place.path) || state.mounts.some((child) => child.parentId === mount.mountId);
  if (isBusy) throw errno('EBUSY', target);
  state.mounts = state.mounts.filter((other) => other !== mount);
  releaseIdle(state);
  if (mount.via) endIfIdle(state, mount.via.client);
}

/** Whether the mount shows the directory that it covers. */
function isOwnBind(state: FakeState, place: Place): boolean {
  const parent = state.mounts.find((mount) => mount.mountId === place.mount.parentId);
  return (
    isMountRoot(place) && place.node.fileSystem === parent?.fileSystem && pathOf(place.node) === place.path
  );
}

function uses(state: FakeState, root: string): MountUses {
  const users = new Map<string, readonly MountUser[]>();
  const ownMounts = new Map<string, readonly string[]>();
  const mounts = below(state, root);
  for (const mount of mounts) {
    const topmost = mounts.findLast(({ mountpoint }) => mountpoint === mount.mountpoint);
    const found = state.uses
      .filter((use) => isWithin(use.node, mount.node) && use.client === mount.via?.client)
      .map(({ user }) => (mount === topmost ? user : { ...user, isCovered: true as const }));
    if (found.length > 0) users.set(mount.mountpoint, [...(users.get(mount.mountpoint) ?? []), ...found]);
    const here = state.mounts.filter((other) => isUsedBy(state, mount, other));
    if (here.length > 0) {
      const places = here.map(({ mountpoint }) => mountpoint);
      ownMounts.set(mount.mountpoint, [...(ownMounts.get(mount.mountpoint) ?? []), ...places]);
    }
  }
  return { complete: state.seesAllProcesses, users, ownMounts };
}

/** Whether the other mount shows the same data elsewhere, and does not contain this mount. */
function isUsedBy(state: FakeState, mount: FakeMount, other: FakeMount): boolean {
  if (other.mountpoint === mount.mountpoint || !isWithin(other.node, mount.node)) return false;
  if (isDetached(other)) return false;
  const isSameClient = other.via?.client === mount.via?.client;
  return isSameClient && !ancestors(state, mount).includes(other);
}

function ancestors(state: FakeState, mount: FakeMount): readonly FakeMount[] {
  const parent = state.mounts.find(({ mountId }) => mountId === mount.parentId);
  return parent ? [parent, ...ancestors(state, parent)] : [];
}

function entryOf(mount: FakeMount): MountEntry {
  return {
    mountId: mount.mountId,
    parentId: mount.parentId,
    device: deviceOf(mount),
    ...(mount.via
      ? sourceOf(mount.via, mount.node)
      : { root: pathOf(mount.node), source: mount.fileSystem.source }),
    mountpoint: mount.mountpoint,
    options: mount.options,
    propagation: mount.propagation,
    type: mount.via?.client.type ?? mount.fileSystem.type,
    superOptions: mount.via?.client.superOptions ?? ['rw'],
  };
}

function directoryAt(place: Place): FakeDirectory {
  if (place.node.kind !== 'directory') throw errno('ENOTDIR', place.path);
  return place.node;
}
