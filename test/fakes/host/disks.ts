import { basename, dirname } from 'node:path';
import { makeDirectories } from './files.ts';
import { find, walk } from './paths.ts';
import type { FakeState } from './state.ts';
import {
  addBlockDevice,
  addFile,
  addLink,
  detachNode,
  type FakeBlockDevice,
  type FakeDirectory,
  type FakeDisk,
  type FakeFileSystem,
} from './tree.ts';

export function createFakeDisk(size: number): FakeDisk {
  return { data: Buffer.alloc(0), size, image: undefined, isUnreadable: false };
}

export interface FakeSlot {
  /** Such as `/dev/nvme1n1`. */
  readonly path: string;
  /** The serial number in sysfs, such as `vol0123`; Xen's disks have none. */
  readonly serial?: string;
  /** Symlinks to the device, as udev makes them. */
  readonly links?: readonly string[];
  /** The folder with the serial number; default: `/sys`. */
  readonly system?: string;
}

/** Adds the disk to the machine; the returned function removes it with its links. */
export function plugIn(state: FakeState, disk: FakeDisk, slot: FakeSlot): () => void {
  const name = basename(slot.path);
  const number = `259:${state.next.disk++}`;
  const block = `${slot.system ?? '/sys'}/block/${name}`;
  addBlockDevice(parentOf(state, slot.path), name, number, disk);
  directory(state, `/sys/devices/${name}`);
  addLink(directory(state, '/sys/dev/block'), number, `/sys/devices/${name}`);
  addFile(directory(state, block), 'dev', Buffer.from(`${number}\n`));
  for (const link of slot.links ?? []) addLink(parentOf(state, link), basename(link), slot.path);
  if (slot.serial !== undefined) {
    addFile(directory(state, `${block}/device`), 'serial', Buffer.from(`${slot.serial}\n`));
  }
  const traces = [slot.path, block, `/sys/devices/${name}`, `/sys/dev/block/${number}`];
  return () => {
    for (const path of [...traces, ...(slot.links ?? [])]) take(state, path);
  };
}

/** While a disk is mounted anywhere, sysfs has a directory for it. */
export function holdDisk(state: FakeState, device: FakeBlockDevice, fileSystem: FakeFileSystem): void {
  const known = find(state, `/sys/dev/block/${device.number}`, 'follow');
  const path = `/sys/fs/${fileSystem.type}/${basename(known?.path ?? device.name)}`;
  directory(state, path);
  state.heldDisks.set(path, fileSystem);
}

export function releaseIdleDisks(state: FakeState, isInUse: (fileSystem: FakeFileSystem) => boolean): void {
  for (const [path, fileSystem] of state.heldDisks) {
    if (isInUse(fileSystem)) continue;
    state.heldDisks.delete(path);
    take(state, path);
  }
}

/** Leaves the daemon without devices, as in a container whose /dev is its own. */
export function hideDevices(state: FakeState): void {
  take(state, '/dev');
}

function take(state: FakeState, path: string): void {
  const place = find(state, path, 'keep');
  if (place) detachNode(place.node);
}

function parentOf(state: FakeState, path: string): FakeDirectory {
  return directory(state, dirname(path));
}

function directory(state: FakeState, path: string): FakeDirectory {
  makeDirectories(state, path);
  const { node } = walk(state, path, 'follow');
  if (node.kind !== 'directory') throw new Error(`${path} is not a directory`);
  return node;
}
