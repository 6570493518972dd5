import type { Access, FileSystem, MountEntry, MountState } from './host.ts';

/**
 * The single operations of the kernel that `linux-mounts.ts` puts together: by system calls where koffi loads, by the
 * plain helpers (mount, umount, stat, chattr) elsewhere.
 */
export interface KernelMounts {
  look(path: string): Promise<MountState>;
  bind(source: string, target: string, access: Access): Promise<void>;
  /** A bind of a directory on itself, with all that is mounted below. */
  bindSelf(path: string): Promise<void>;
  mountImage(image: string, target: string, fileSystem: FileSystem): Promise<void>;
  mountDisk(device: string, target: string, fileSystem: FileSystem): Promise<void>;
  /** Of a path that is known to be mounted. */
  unmount(target: string): Promise<void>;
  setPropagation(path: string, propagation: 'private' | 'shared'): Promise<void>;
  /** Does nothing where the file system has no such flag, or we may not set it. */
  setImmutable(path: string, wanted: 'immutable' | 'mutable'): Promise<void>;
}

export type ReadMountTable = () => Promise<readonly MountEntry[]>;
