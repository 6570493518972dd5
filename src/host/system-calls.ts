import { constants } from 'node:os';
import { once } from '../core/once.ts';
import { type CachedReads, cachedReads } from './native/cached-read.ts';
import { callers, type Library } from './native/callers.ts';
import { datagramSender } from './native/datagram.ts';
import { type DetachedMounts, detachedMounts } from './native/detached-mount.ts';
import { loadKoffi } from './native/load-koffi.ts';
import { type Opening, openingBelow } from './native/opening.ts';
import { type RestrictedBind, restrictedBind } from './native/restricted-bind.ts';
import { type WriteOut, writingOut } from './native/write-out.ts';
import { lookingForWriters, type Writers } from './native/writers.ts';
import { hasCode } from './system-error.ts';

/** System calls that Node lacks. They throw errors with a code, as Node's own calls do. */
export interface SystemCalls extends Opening, CachedReads, RestrictedBind, DetachedMounts, WriteOut, Writers {
  /** In the calling thread: for calls that cannot wait for a disk or a server. */
  mount(source: string, target: string, flags: number): void;
  /** On Node's thread pool: for calls that may access a local disk. */
  mountFileSystem(source: string, target: string, type: string, flags: number, data: string): Promise<void>;
  /** In the calling thread. Never lazy; never follows a symlink. */
  unmount(target: string): void;
  /** The same on Node's thread pool, for the last mount of a local file system, whose unmount writes data back. */
  unmountFileSystem(target: string): Promise<void>;
  /**
   * Asks no server and does not follow a symlink. Undefined for a missing path, because making an error takes ten times as long as the
   * look. Throws the error of a dead file system.
   */
  statMount(path: string): MountFacts | undefined;
  /** `argument` is a struct or a number, depending on the request. Returns the kernel's result. */
  ioctl(fd: number, request: number, argument: Uint8Array | number): number;
  /** On Node's thread pool: for calls that may wait for a disk. */
  ioctlOnPool(fd: number, request: number, struct: Uint8Array): Promise<void>;
  /**
   * quotactl_fd(2), on Node's thread pool, for the file system of an open file. Throws ENOSYS before Linux 5.14, and on file systems
   * without quotas.
   */
  quota(fd: number, command: number, id: number, struct: Uint8Array): Promise<void>;
  /** Locks an open file until its last descriptor is closed. Throws EAGAIN while another open file has the lock. */
  lock(fd: number): void;
  /** On Node's thread pool. Throws EEXIST, or EINVAL if the file system does not support it. */
  renameNoReplace(from: string, to: string): Promise<void>;
  /** An extended attribute as text, on Node's thread pool. Undefined if it has none of this name, or the file system has none at all. */
  attribute(path: string, name: string): Promise<string | undefined>;
  /** The process that connected the Unix socket, as the kernel has it (SO_PEERCRED); pid 0: it is in a PID namespace not seen from here. */
  peer(fd: number): SocketPeer;
  /**
   * Sends to a datagram Unix socket, by path or, after `@`, by abstract name. Never waits: throws EAGAIN if the receiver's queue is
   * full.
   */
  sendDatagram(socket: string, text: string): void;
}

interface SocketPeer {
  readonly pid: number;
  readonly uid: number;
}

export interface MountFacts {
  readonly isMountRoot: boolean;
  readonly isSymlink: boolean;
  readonly device: string;
  readonly inode: string;
  /** The kernel's ID of the mount that it is on. */
  readonly mountId: string;
}

const { ENOENT, ENOTDIR } = constants.errno;
const currentDirectory = -100;
/** LOCK_EX and LOCK_NB of sys/file.h. */
const lockAtOnce = 2 | 4;
/** SOL_SOCKET and SO_PEERCRED of asm-generic/socket.h; PowerPC has its own number. */
const socketLevel = 1;
const peerOption = process.arch === 'ppc64' ? 21 : 17;
const unmountNoFollow = 8;
/** quotactl_fd(2); the same on all architectures. The C library has no function for it. */
const quotaNumber = 443;
const renameNoReplaceFlag = 1;
/** Bytes. */
const longestAttribute = 4096;

/** linux/stat.h: do not follow symlinks, do not automount, do not ask a server; return type, inode and mount ID. */
const statFlags = 0x100 | 0x800 | 0x4000;
const statMask = 0x1 | 0x100 | 0x1000;
const attributeMountRoot = 0x2000n;

/**
 * Loads koffi, which includes its binary. Undefined if koffi cannot be loaded, the C library lacks a call, or the kernel does not
 * report mount roots (before 5.8): then the plain helper programs do the work.
 */
export const loadSystemCalls = once(async (): Promise<SystemCalls | undefined> => {
  try {
    const koffi = await loadKoffi();
    const vectors = koffi.pointer(koffi.struct({ base: 'void *', length: 'size_t' }));
    const calls = systemCalls(koffi.load(null), () => koffi.errno(), vectors);
    return calls.statMount('/')?.isMountRoot ? calls : undefined;
  } catch {
    return undefined;
  }
});

// Types are written inline, not named: koffi's type names are global, and a second load in one process would clash.
function systemCalls(library: Library, errno: () => number, vectors: unknown): SystemCalls {
  const mount = library.func('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']);
  const umount2 = library.func('umount2', 'int', ['str', 'int']);
  const statx = library.func('statx', 'int', ['int', 'str', 'int', 'uint', 'void *']);
  const ioctl = library.func('ioctl', 'int', ['int', 'ulong', '...']);
  const ioctlWithStruct = library.func('ioctl', 'int', ['int', 'ulong', 'void *']);
  const quotactl = library.func('syscall', 'long', ['long', 'uint', 'uint', 'uint', 'void *']);
  const flock = library.func('flock', 'int', ['int', 'int']);
  const getsockopt = library.func('getsockopt', 'int', ['int', 'int', 'int', 'void *', 'void *']);
  const getxattr = library.func('getxattr', 'long', ['str', 'str', 'void *', 'size_t']);
  const renameat2 = library.func('renameat2', 'int', ['int', 'str', 'int', 'str', 'uint']);

  const called = callers(errno);
  const { check, onPool } = called;
  const opening = openingBelow(library, errno);
  const sendDatagram = datagramSender(library, check);
  const binds = restrictedBind(library, called);
  return {
    mount: (source, target, flags) => void check(mount(source, target, null, flags, null), 'mount', target),
    mountFileSystem: (source, target, type, flags, data) =>
      onPool(mount, target, [source, target, type, flags, data]).then(done),
    ...binds,
    ...detachedMounts(library, called, binds),
    unmount: (target) => void check(umount2(target, unmountNoFollow), 'umount', target),
    unmountFileSystem: (target) => onPool(umount2, target, [target, unmountNoFollow]).then(done),
    statMount: (path) => {
      const result = statx(currentDirectory, path, statFlags, statMask, stat.bytes);
      if (result < 0 && [ENOENT, ENOTDIR].includes(errno())) return undefined;
      check(result, 'statx', path);
      return readStat(stat);
    },
    ioctl: (fd, request, argument) => {
      const kind = typeof argument === 'number' ? 'long' : 'void *';
      return check(ioctl(fd, request, kind, argument), 'ioctl', `${fd}`);
    },
    quota: (fd, command, id, struct) =>
      onPool(quotactl, `${fd}`, [quotaNumber, fd, command, id, struct]).then(done),
    ioctlOnPool: (fd, request, struct) => onPool(ioctlWithStruct, `${fd}`, [fd, request, struct]).then(done),
    lock: (fd) => void check(flock(fd, lockAtOnce), 'flock', `${fd}`),
    peer: (fd) => {
      // `struct ucred` of socket(7): pid, uid, gid.
      const found = new Int32Array(3);
      const length = Uint32Array.of(found.byteLength);
      check(getsockopt(fd, socketLevel, peerOption, found, length), 'getsockopt', `${fd}`);
      return { pid: found[0] ?? 0, uid: (found[1] ?? 0) >>> 0 };
    },
    async attribute(path, name) {
      const value = new Uint8Array(longestAttribute);
      try {
        const length = await onPool(getxattr, path, [path, name, value, value.length]);
        return Buffer.from(value.subarray(0, length)).toString('utf8');
      } catch (error) {
        if (hasCode(error, 'ENODATA', 'ENOTSUP', 'EOPNOTSUPP')) return undefined;
        throw error;
      }
    },
    sendDatagram,
    ...opening,
    ...cachedReads(library, vectors),
    ...writingOut(library, called),
    ...lookingForWriters(library),
    renameNoReplace: (from, to) =>
      onPool(renameat2, to, [currentDirectory, from, currentDirectory, to, renameNoReplaceFlag]).then(done),
  };
}

const done = (): void => undefined;

/** One `struct statx` for all looks: each is read at once, and making another takes as long as the call. */
const struct = new ArrayBuffer(256);
const stat = {
  bytes: new Uint8Array(struct),
  shorts: new Uint16Array(struct),
  halves: new Uint32Array(struct),
  words: new BigUint64Array(struct),
};

/** In the machine's byte order: attributes at 8, mode at 28, inode at 32, device at 136, mount ID at 144. */
function readStat({ shorts, halves, words }: typeof stat): MountFacts {
  return {
    isMountRoot: ((words[1] ?? 0n) & attributeMountRoot) !== 0n,
    isSymlink: ((shorts[14] ?? 0) & 0o170000) === 0o120000,
    device: `${halves[34]}:${halves[35]}`,
    inode: `${words[4]}`,
    mountId: `${words[18]}`,
  };
}
