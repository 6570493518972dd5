import type { Tell } from '../../core/waits/progress.ts';

export interface Files {
  /**
   * The same calls for files below a directory that others can write to. Paths stay absolute. The root itself is trusted. Below
   * it, no symlink is followed, without a race: a symlink or another file in place of a directory rejects with EFTYPE, and a
   * path outside the root with EXDEV.
   */
  below(root: string): FilesBelow;
  /**
   * While `work` runs, these directories below the root are opened once for all such calls in them, not for each. For directories that
   * are neither removed nor replaced meanwhile; they need not exist.
   */
  holding<T>(root: string, directories: readonly string[], work: () => Promise<T>): Promise<T>;
  /**
   * Undefined if the file does not exist, or is an entry of sysfs or procfs whose device or process goes away meanwhile. Never
   * blocks on a FIFO or device: anything but a regular file rejects with EFTYPE.
   */
  readText(path: string): Promise<string | undefined>;
  /**
   * Reads what the server of a share has now. A client may cache for a second a file that another host has removed or replaced:
   * then throws ESTALE, and the next read finds the new file.
   */
  readLatest(path: string): Promise<string | undefined>;
  /**
   * Later reads in this directory see what other hosts have done there so far (close-to-open, nfs(5)). Does nothing if the
   * directory does not exist. With `below`, this holds for the directories on the way from the root as well, from the top: a cached one
   * may have been replaced.
   */
  refresh(directory: string): Promise<void>;
  /** Names, unordered; undefined if the directory does not exist. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Facts of the path itself (symlinks are not followed); undefined if it does not exist. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** The path with every symlink resolved; undefined if it does not exist. */
  realPath(path: string): Promise<string | undefined>;
  /** Space of the file system, or of the project quota that applies to the directory, if the file system reports it. */
  space(path: string): Promise<Space>;
  /**
   * Disk usage of a directory tree. Stays on one file system, counts hard links once, follows no symlink, and holds every directory
   * open on the way down. Pauses for half of the time. Undefined if the path does not exist; ECANCELED if the signal aborts.
   */
  count(path: string, limits: CountLimits, signal: AbortSignal): Promise<TreeCount | undefined>;
  /** Creates the directory and its parents with mode 0755. Existing ones stay unchanged. */
  makeDirectory(path: string): Promise<void>;
  /**
   * Creates a directory with mode 0700 (its parents as `makeDirectory` does), or restricts an existing one to that. Resolves with
   * the previous mode if it was wider, such as `0755`. Throws a VolumeError (`failed`) if another user owns the directory, may
   * write to it or could replace it: its content cannot be trusted.
   */
  makePrivateDirectory(path: string): Promise<string | undefined>;
  /** Creates only this directory, durably, with exactly this owner and mode regardless of the umask; false if the path exists. */
  createDirectory(path: string, owner: Owner, names?: Names): Promise<boolean>;
  /**
   * Makes these durable, all at the same time: of a file its content, of a directory its names and its own owner and mode. Rejects with
   * ENOENT if one is missing. A symlink as the last component is not followed.
   */
  sync(paths: readonly string[]): Promise<void>;
  /** Changes owner and mode of a directory. Never follows a symlink as the last component. */
  setOwner(path: string, owner: Owner): Promise<void>;
  /** Creates a directory (and its parents) that refuses writes while nothing is mounted on it: mode 0000, immutable where supported. */
  makeMountpoint(path: string): Promise<void>;
  /** Removes an empty directory, even if it is a protected mountpoint. Does nothing if it does not exist. Never recursive. */
  removeDirectory(path: string): Promise<void>;
  /**
   * Removes a directory that is empty and not mounted on; does nothing otherwise. Costs no more than the system call, as it is not
   * durable: a crash of the kernel may bring it back.
   */
  removeIfEmpty(path: string): Promise<void>;
  /** Creates a sparse file of this many bytes. Throws EEXIST. */
  createSparse(path: string, bytes: number): Promise<void>;
  /**
   * Whether nobody has the file open for writing now, as a loop device has that is not read-only. False also where that cannot be seen at
   * once.
   */
  hasNoWriter(path: string): Promise<boolean>;
  /** An extended attribute as text; undefined if it does not exist or cannot be read. Follows symlinks; with `below`, of a directory only. */
  attribute(path: string, name: string): Promise<string | undefined>;
  /** Extends a file to this many bytes, with a hole at its end. Durable. Never makes it shorter. */
  extend(path: string, bytes: number): Promise<void>;
  /** Whether the file system of this directory can share blocks between files (`clone`). Writes and removes two small files. */
  canClone(directory: string): Promise<boolean>;
  /**
   * Makes a second file that shares all blocks with the first one: takes the same time for any size, and no space until one of them
   * is written. Not durable before both `to` and its directory are synced. Throws EEXIST, and ENOTSUP if the file system cannot.
   */
  clone(from: string, to: string): Promise<void>;
  /**
   * The same while the mounted file system in the file `from` is frozen: everything written before is in the copy, and writers
   * wait. It is not durable either. The process that froze it also thaws it, even if this one dies. Resolves with the milliseconds for which it was frozen, at
   * most. Throws a VolumeError: `timeout` if that takes longer than the limit three times, each time in a freeze of its own, or if what
   * was written before cannot be flushed within the limit; `unavailable` if nothing is mounted there; `failed` if it cannot be frozen. Then
   * `to` may be left in part.
   */
  cloneFrozen(from: string, to: string, freeze: Freeze): Promise<number>;
  /**
   * Copies a file, or a directory with all that is in it on its file system: owners, modes, times, attributes, hard links, holes.
   * Shares blocks where the file system can. Durable. Throws EEXIST. If it fails or the signal aborts, `to` may be left in part.
   * `tell`: the entries that were copied so far; of a single file, the bytes.
   */
  copy(from: string, to: string, signal: AbortSignal, tell?: Tell): Promise<void>;
  /** The same of a directory in which others write meanwhile: a file that is removed before it is copied is left out. */
  copyInUse(from: string, to: string, signal: AbortSignal, tell?: Tell): Promise<void>;
  /** Reads `length` bytes from `offset` of a file or block device; fewer at its end. Anything else rejects with EFTYPE. */
  readBytes(path: string, offset: number, length: number): Promise<Uint8Array>;
  /** Moves within one file system, durably. Throws EEXIST instead of replacing anything. */
  rename(from: string, to: string, names?: Names): Promise<void>;
  /**
   * Writes a whole file (mode 0600) durably and atomically: after a crash it has either the old or the new content.
   * `exclusive` does not replace an existing file and returns false.
   */
  writeText(path: string, text: string, how: 'exclusive' | 'replace', order?: WriteOrder): Promise<boolean>;
  /**
   * Moves a text file and gives it a new text, durably. After a crash it is at one of the two places, and at `to` it has the earlier or the
   * new text. Replaces a file at `to`; if there is none at `from`, this only writes. `after`: as in `WriteOrder`.
   */
  moveText(from: string, to: string, text: string, after: readonly string[]): Promise<void>;
  /** Removes a file durably. Does nothing if it does not exist. */
  removeFile(path: string): Promise<void>;
  /** Removes a directory or file recursively. Never crosses into another file system. `tell`: the entries that were removed so far. */
  removeTree(path: string, signal: AbortSignal, tell?: Tell): Promise<void>;
  /** Opens a file for appending; creates it with mode 0600. */
  openLog(path: string): Promise<AppendLog>;
}

/**
 * Returned by `Files.below`. A file longer than `longestTextBelow` bytes rejects with EFTYPE, and so does `list` of anything but a
 * directory. A symlink as the last component is not followed either.
 */
export type FilesBelow = Omit<
  Files,
  'below' | 'holding' | 'realPath' | 'makePrivateDirectory' | 'makeMountpoint' | 'removeIfEmpty' | 'openLog'
>;

/**
 * `unsynced`: a change of names is not durable yet when the call resolves. The caller makes it so, with others at once, by `sync` or
 * `WriteOrder.after`. By default it is durable.
 */
export type Names = 'synced' | 'unsynced';

export interface WriteOrder {
  /** Directories that are synced before the file gets its name: what was done in them is durable if the file exists. */
  readonly after?: readonly string[];
  /**
   * `unsynced`: neither the text nor its name is durable yet. Readers see the old or the new text nevertheless; of a new file, they may see
   * a part of it until the call resolves, and afterwards as well if the daemon was killed meanwhile.
   */
  readonly names?: Names;
}

export interface Freeze {
  readonly mountpoint: string;
  /** How long it may be frozen before the copy is given up, in milliseconds. */
  readonly most: number;
}

/** Bytes. A record has a few hundred. */
export const longestTextBelow = 64 * 1024;

export interface Space {
  /** Bytes that an unprivileged user can still write. */
  readonly freeBytes: number;
  readonly usedBytes: number;
  /** Absent if the file system has no fixed number of inodes. */
  readonly inodes?: number;
  readonly usedInodes?: number;
}

/** Limits at which a count ends: the result is then "at least this much". */
export interface CountLimits {
  readonly entries: number;
  readonly milliseconds: number;
}

export interface TreeCount {
  readonly usedBytes: number;
  readonly usedInodes: number;
  /** False if it ended at a limit, or a directory could not be read. */
  readonly isWhole: boolean;
  /** The first entry seen, by its path in the tree, that is on another file system, or another subvolume of btrfs: it is not counted. */
  readonly elsewhere?: string;
}

/** Appended text survives a crash of the daemon, but not of the kernel: see docs/design/recovery.md. */
export interface AppendLog {
  /** Resolves once the kernel has the text. Appends stay in order. */
  append(text: string): Promise<void>;
  /** Cuts the file to its first `bytes` bytes, durably. */
  cut(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface Owner {
  /** -1: not changed, as for chown(2). The same for `gid`. */
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, such as 0o755. */
  readonly mode: number;
}

export interface FileFacts extends Owner {
  readonly kind: 'directory' | 'file' | 'symlink' | 'block-device' | 'other';
  /** "major:minor" of its file system. */
  readonly device: string;
  readonly inode: string;
  /** For a block device: the size of the disk, 0 if there is no disk. */
  readonly size: number;
  /** Bytes that it takes on its file system: fewer than `size` where it has holes. */
  readonly allocated: number;
  /**
   * Changes when a name is added to or removed from a directory. Two changes within a tick of the server's clock (10 ms) may look
   * like one.
   */
  readonly changed: string;
  /** When its content was last changed, in milliseconds since the epoch, by the clock of the file system or its server. */
  readonly modifiedAt: number;
  /** For a block device: its own "major:minor". */
  readonly number?: string;
}
