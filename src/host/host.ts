/**
 * The port to the operating system: everything that leaves a trace, or reads one, goes through here.
 * `linux-host.ts` is the real one; the tests' fake keeps the same state in memory, under the same contract suite.
 *
 * Errors are Node's own with their `code` (ENOSPC, EBUSY …) unless a method says otherwise.
 */
export interface Host {
  /** Changes with every boot of the kernel. */
  readonly bootId: string;
  readonly files: Files;
  readonly mounts: Mounts;
  readonly programs: Programs;
  readonly network: Network;
  /**
   * Files and mounts of a storage server, or of a disk, that may stop answering: one for each name, and nothing is begun before
   * its first call. `idle`: milliseconds for which what was begun is kept for the next call, a minute when absent.
   */
  remote(server: string, idle?: number): Remote;
  /** Milliseconds since the epoch. */
  now(): number;
  /** A new random ID: 16 lower-case hex digits. */
  newId(): string;
  /** Ends what runs beside the main thread. Nothing is unmounted. */
  close(): Promise<void>;
}

export interface Files {
  /** Undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /**
   * The same of what the server of a share has now: a client may go on for a second with a file that another host removed
   * or replaced. Throws ESTALE then; the next look finds what is there.
   */
  readLatest(path: string): Promise<string | undefined>;
  /**
   * Makes the looks that follow at names in this directory see what other hosts did there until now (close-to-open, nfs(5)).
   * No such directory: nothing.
   */
  refresh(directory: string): Promise<void>;
  /** Names, in no order; undefined when there is no such directory. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Of the path itself, a symlink not followed; undefined when there is nothing. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** The path with every symlink resolved; undefined when there is nothing. */
  realPath(path: string): Promise<string | undefined>;
  /** Bytes an unprivileged writer can still write there. */
  freeBytes(path: string): Promise<number>;
  /** Creates it and its parents with mode 0755; an existing one is left as it is. */
  makeDirectory(path: string): Promise<void>;
  /** Creates just this directory, durably, with exactly this owner whatever the umask; false when the path exists. */
  createDirectory(path: string, owner: Owner): Promise<boolean>;
  setOwner(path: string, owner: Owner): Promise<void>;
  /** A directory (parents included) that refuses writes as long as nothing is mounted on it: mode 0000, immutable where supported. */
  makeMountpoint(path: string): Promise<void>;
  /** Removes an empty directory, a mountpoint's protection included; nothing there: done. Never recursive. */
  removeDirectory(path: string): Promise<void>;
  /** Creates a file of this many bytes that takes no space yet. Throws EEXIST. */
  createSparse(path: string, bytes: number): Promise<void>;
  /** `length` bytes from `offset`, of a file or a block device; fewer at its end. */
  readBytes(path: string, offset: number, length: number): Promise<Uint8Array>;
  /** Moves within one file system, durably. Throws EEXIST rather than replace anything. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Writes a whole file (mode 0600) durably: after a crash there is the old text or the new, never a part.
   * `exclusive` leaves an existing file alone and returns false.
   */
  writeText(path: string, text: string, how: 'exclusive' | 'replace'): Promise<boolean>;
  /** Durably; nothing there: done. */
  removeFile(path: string): Promise<void>;
  /** Removes a directory or file with all below it, never crossing into another file system. */
  removeTree(path: string, signal: AbortSignal): Promise<void>;
  /** Opens (creates, mode 0600) a file to append to. */
  openLog(path: string): Promise<AppendLog>;
}

/** What was appended survives the death of the daemon, not that of the kernel: see docs/design/recovery.md. */
export interface AppendLog {
  /** Resolves once the kernel has the text. Appends are kept in order. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface Owner {
  /** -1 leaves it as the file system made it, as chown(2) does; so with the group. */
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, such as 0o755. */
  readonly mode: number;
}

export interface FileFacts extends Owner {
  readonly kind: 'directory' | 'file' | 'symlink' | 'block-device' | 'other';
  /** "major:minor" of the file system that it is on. */
  readonly device: string;
  readonly inode: string;
  /** Of a block device: the bytes on the disk, 0 when there is no disk behind it. */
  readonly size: number;
  /** Of a block device: its own "major:minor". */
  readonly number?: string;
}

/** What is mounted on a path: compared with what was seen after staging, it tells whether it is still the right thing. */
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
  /** Looks at one path, in a time that does not depend on the number of mounts. */
  at(path: string): Promise<MountState>;
  /** All mounts below a directory (not on it) in the daemon's namespace, in the order of the kernel's table. */
  below(directory: string): Promise<readonly MountEntry[]>;
  /**
   * Bind-mounts a directory. `source` must be canonical: a symlink anywhere in it is refused with ELOOP, without a race.
   * Read-only repeats the source's nosuid, nodev, noexec and atime flags.
   */
  bind(source: string, target: string, access: Access): Promise<void>;
  /** Attaches a file to a loop device (an existing one of the same file is used again) and mounts it; unmounting detaches. */
  mountImage(image: string, target: string, fileSystem: FileSystem): Promise<void>;
  /** Mounts a block device. Its path must be canonical (ELOOP); a path to anything else is refused with ENOTBLK. */
  mountDisk(device: string, target: string, fileSystem: FileSystem): Promise<void>;
  /** Takes down the topmost mount on a path, never lazily; nothing mounted: done. Throws EBUSY while it is in use here. */
  unmount(target: string): Promise<void>;
  /** Makes the directory a shared mount of its own, so that unmounts below reach copies in other namespaces; done twice is done once. */
  makeMountRoot(path: string): Promise<void>;
  /** Takes back `makeMountRoot`, unless something is mounted below. */
  releaseMountRoot(path: string): Promise<void>;
  /**
   * Who uses the mounts below `root` from other mount namespaces, seen at most `maxAge` milliseconds ago (0: from now on).
   * Runs off the main thread; callers at the same time share one look.
   */
  uses(root: string, maxAge: number): Promise<MountUses>;
}

export type Access = 'read-write' | 'read-only';

export interface FileSystem {
  readonly type: string;
  /** As for `mount -o`: those the kernel takes as flags (noatime …) and those of the file system. */
  readonly options: readonly string[];
  readonly access: Access;
}

/** One line of mountinfo (proc(5)), unescaped. */
export interface MountEntry {
  readonly mountId: number;
  readonly parentId: number;
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  readonly mountpoint: string;
  /** The mount's own options (ro, nosuid …). */
  readonly options: readonly string[];
  /** Propagation: `shared:N`, `master:N` …; none for a private mount. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  /** The file system's options. */
  readonly superOptions: readonly string[];
}

export interface MountUses {
  /** False when other processes may be hidden from the daemon (it is not in the host's PID namespace): then no use proves nothing. */
  readonly complete: boolean;
  /** By mountpoint; a mountpoint that nobody else uses is absent. */
  readonly users: ReadonlyMap<string, readonly MountUser[]>;
}

export interface MountUser {
  /** A process of the mount namespace that has the mount. */
  readonly pid: number;
  readonly command: string;
  /** 64 hex digits, when the process's cgroup names a container. */
  readonly containerId?: string;
  /** Where it is mounted there. */
  readonly mountpoint: string;
  /** True when what it has is no longer what our mountpoint shows: another mount covers it there. */
  readonly isCovered?: true;
}

/**
 * Calls on a storage server, or on a disk, that may stop answering. They are made in a process of their own, so that neither this process
 * nor its thread pool ever waits for the server; eight at a time, the others in turn. A call that gets no answer for 45 s
 * rejects with ETIMEDOUT, and all that are under way or wait for their turn with it: that process is killed, and what it
 * did is as unknown as after a crash. As long as a killed one has not ended (the kernel waits for the server), no other
 * is started, and calls reject with ETIMEDOUT at once. When the process ends of itself, the calls under way reject with
 * EREMOTEIO, and the next starts another. `removeTree`, `mountDisk` and `unmount` take no turn, and may take as long as
 * their signal lets them.
 */
export interface Remote {
  readonly files: RemoteFiles;
  /** As `Mounts.bind`; the source is on the server, the target is a local mountpoint. */
  bind(source: string, target: string, access: Access): Promise<void>;
  /** As `Mounts.mountDisk`. */
  mountDisk(device: string, target: string, fileSystem: FileSystem, signal: AbortSignal): Promise<void>;
  /** As `Mounts.unmount`. */
  unmount(target: string, signal: AbortSignal): Promise<void>;
}

export type RemoteFiles = Omit<Files, 'openLog' | 'makeMountpoint' | 'createSparse'>;

export interface Network {
  /**
   * Connects by TCP, sends the request, and resolves with what came once `isWhole` says so (with nothing to send and
   * nothing to wait for: once connected). Names are resolved anew, in a process of its own. Rejects with the system's
   * error (ECONNREFUSED, EHOSTUNREACH, ENOTFOUND …), or ETIMEDOUT when the signal ended it.
   */
  ask(
    address: NetworkAddress,
    request: Uint8Array,
    isWhole: (answer: Uint8Array) => boolean,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

export interface NetworkAddress {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface Programs {
  /**
   * Runs a program with an argument list, no shell, stdin from `input` or empty. Resolves also for a non-zero exit.
   * Throws a VolumeError: `unavailable` when it is not installed, `timeout` when the signal ended it.
   */
  run(program: string, args: readonly string[], signal: AbortSignal, input?: string): Promise<ProgramResult>;
}

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
