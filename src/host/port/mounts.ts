/** What was done while a file system was frozen. `isWhole`: it was frozen until the end of the work. */
interface Frozen<T> {
  readonly value: T;
  readonly isWhole: boolean;
}

/** Identifies what is mounted on a path. Equal to the identity after staging: the same thing is still mounted. */
export interface MountIdentity {
  /** "major:minor" of the file system. */
  readonly device: string;
  /** Inode of the mount's root. */
  readonly inode: string;
}

export type MountState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'bare' }
  | ({ readonly kind: 'mounted' } & MountIdentity);

export interface Mounts {
  /** State of one path. Takes the same time with any number of mounts. */
  at(path: string): Promise<MountState>;
  /** All mounts below a directory (not on it) in the daemon's namespace, in the kernel's order. */
  below(directory: string): Promise<readonly MountEntry[]>;
  /**
   * Bind-mounts a directory. `source` must be canonical: a symlink anywhere in it is refused with ELOOP, without a race.
   * The flags are added to those of the source's mount.
   */
  bind(source: string, target: string, flags: readonly BindFlag[]): Promise<void>;
  /** Attaches a file to a loop device (reusing an existing one of the same file) and mounts it. Unmounting detaches it. */
  mountImage(image: string, target: string, fileSystem: FileSystem): Promise<void>;
  /**
   * The same, but nowhere, so that nobody sees it and no directory is needed. Undefined where that is not possible: before Linux 6.15,
   * without koffi, or if a filter of system calls forbids it. Ends with this process at the latest.
   */
  mountDetached(image: string, fileSystem: FileSystem): Promise<DetachedMount | undefined>;
  /**
   * The name of a loop device whose file has this name, in any directory: the path depends on who attached it. Undefined: there is none.
   */
  loopOf(fileName: string): Promise<string | undefined>;
  /** After the image that is mounted at `target` has grown (`Files.extend`): its loop device has the new size from now on. */
  refreshImage(target: string): Promise<void>;
  /** Lets a frozen file system be written again. Does nothing if it is not frozen, or nothing is mounted. */
  thaw(target: string): Promise<void>;
  /**
   * Flushes and freezes the file system that is mounted there, does the work, and thaws it: after `most` milliseconds at the latest, and
   * also if this process dies, by a process of its own. Throws a VolumeError if it cannot be frozen, or nothing is mounted there
   * (`unavailable`), and then does not begin the work.
   */
  whileFrozen<T>(target: string, most: number, work: () => Promise<T>): Promise<Frozen<T>>;
  /** Mounts a block device. Its path must be canonical (else ELOOP). Anything but a block device is refused with ENOTBLK. */
  mountDisk(device: string, target: string, fileSystem: FileSystem): Promise<void>;
  /** Unmounts the topmost mount on a path, never lazily. Does nothing if nothing is mounted. Throws EBUSY while it is in use here. */
  unmount(target: string): Promise<void>;
  /** Makes the directory a shared mount, so that unmounts below it reach copies in other namespaces. Idempotent. */
  makeMountRoot(path: string): Promise<void>;
  /** Undoes `makeMountRoot`, unless something is mounted below. */
  releaseMountRoot(path: string): Promise<void>;
  /**
   * Who else uses the mounts below `root`, from a scan at most `maxAge` milliseconds old (0: a scan that starts now).
   * Runs off the main thread; simultaneous callers share one scan.
   */
  uses(root: string, maxAge: number): Promise<MountUses>;
}

/** A mount that is at no path, and in no mount namespace that anybody sees. */
export interface DetachedMount {
  /** A path of its root for `Files.below`, in this process only, until it is closed. */
  readonly root: string;
  /** As `Mounts.bind`, of a directory below its root. */
  bind(source: string, target: string, flags: readonly BindFlag[]): Promise<void>;
  /** Ends it; an `unmount` waits until it has ended. What was bound from it stays. */
  close(): Promise<void>;
}

/** Restrictions of a bind, as in mount(8). */
export type BindFlag = 'ro' | 'nosuid' | 'nodev' | 'noexec';

type Access = 'read-write' | 'read-only';

export interface FileSystem {
  readonly type: string;
  /** As for `mount -o`: options that are kernel flags (noatime …) and options of the file system. */
  readonly options: readonly string[];
  readonly access: Access;
}

/** One line of mountinfo (proc(5)), unescaped. */
export interface MountEntry {
  readonly mountId: number;
  readonly parentId: number;
  readonly device: string;
  /** The mounted directory within its file system; of NFS, its path on the server. */
  readonly root: string;
  readonly mountpoint: string;
  /** The mount's own options (ro, nosuid …). */
  readonly options: readonly string[];
  /** Propagation: `shared:N`, `master:N` …; empty for a private mount. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  /** The file system's options. */
  readonly superOptions: readonly string[];
}

export interface MountUses {
  /**
   * False if the daemon may not see all processes (it is not in the host's PID namespace, or lacks access to a process). Then an
   * empty result proves nothing.
   */
  readonly complete: boolean;
  /** Users in other mount namespaces, by mountpoint; unused mountpoints are absent. */
  readonly users: ReadonlyMap<string, readonly MountUser[]>;
  /** Other places in the daemon's own namespace where the same data is mounted, by mountpoint. */
  readonly ownMounts: ReadonlyMap<string, readonly string[]>;
}

export interface MountUser {
  /** A process of the mount namespace that has the mount. */
  readonly pid: number;
  readonly command: string;
  /** If the process's cgroup names a container: 64 hex digits, or a UUID of Mesos' own containerizer. */
  readonly containerId?: string;
  /** The mountpoint in that namespace. */
  readonly mountpoint: string;
  /** True if another mount covers the used one at our mountpoint: the user sees other data than we do. */
  readonly isCovered?: true;
}
