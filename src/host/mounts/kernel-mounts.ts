import type { BindFlag, DetachedMount, FileSystem, MountEntry, MountState } from '../host.ts';

/**
 * The kernel operations that `linux-mounts.ts` combines: by system calls if koffi loads, else by the plain helper programs (mount,
 * umount, stat, chattr).
 */
export interface KernelMounts {
  look(path: string): Promise<MountState>;
  bind(source: string, target: string, flags: readonly BindFlag[]): Promise<void>;
  /** Binds a directory on itself, with all mounts below it. */
  bindSelf(path: string): Promise<void>;
  mountImage(image: string, target: string, fileSystem: FileSystem): Promise<void>;
  /** See `Mounts.mountDetached`. */
  mountDetached(image: string, fileSystem: FileSystem): Promise<DetachedMount | undefined>;
  /** The loop device takes over the size of its file. */
  refreshLoop(device: string): Promise<void>;
  /** For a path that is known to be a mount. Does nothing if its file system is not frozen. */
  thaw(target: string): Promise<void>;
  mountDisk(device: string, target: string, fileSystem: FileSystem): Promise<void>;
  /** For a path that is known to be a mount. */
  unmount(target: string): Promise<void>;
  setPropagation(path: string, propagation: 'private' | 'shared'): Promise<void>;
  /** Does nothing if the file system does not support the flag, or we may not set it. */
  setImmutable(path: string, wanted: 'immutable' | 'mutable'): Promise<void>;
}

export type ReadMountTable = () => Promise<readonly MountEntry[]>;
