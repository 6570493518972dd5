import type { KoffiFunc } from 'koffi';
import { systemErrorOf } from './system-error.ts';

/** The calls that Node has not. All throw errors with a code, as Node's own do. */
export interface SystemCalls {
  /** In the calling thread: for what cannot wait for a disk or a server. */
  mount(source: string, target: string, flags: number): void;
  /** On Node's thread pool: for what may read and write a local disk. */
  mountFileSystem(source: string, target: string, type: string, flags: number, data: string): Promise<void>;
  /** In the calling thread; never lazy, never through a symlink. */
  unmount(target: string): void;
  /** The same on Node's thread pool, for the last mount of a local file system, which is written back. */
  unmountFileSystem(target: string): Promise<void>;
  /** A look that asks no server; a symlink is not followed. Throws ENOENT, ENOTDIR, and whatever a dead file system says. */
  statMount(path: string): MountFacts;
  /** `argument` is a struct, or a number where the request takes one. Returns what the kernel did. */
  ioctl(fd: number, request: number, argument: Uint8Array | number): number;
  /** On Node's thread pool. Throws EEXIST; EINVAL where the file system cannot. */
  renameNoReplace(from: string, to: string): Promise<void>;
}

export interface MountFacts {
  readonly isMountRoot: boolean;
  readonly isSymlink: boolean;
  readonly device: string;
  readonly inode: string;
  /** The kernel's number of the mount it is on. */
  readonly mountId: string;
}

const currentDirectory = -100;
const unmountNoFollow = 8;
const renameNoReplaceFlag = 1;

/** linux/stat.h: no symlink, no automount, no word with a server; then type, inode and the mount's number. */
const statFlags = 0x100 | 0x800 | 0x4000;
const statMask = 0x1 | 0x100 | 0x1000;
const attributeMountRoot = 0x2000n;

/**
 * Loads koffi, which brings its binary along. Undefined where it does not load, where the C library lacks a call, or
 * where the kernel cannot tell a mount's root (before 5.8): then the plain helpers do the work.
 */
export async function loadSystemCalls(): Promise<SystemCalls | undefined> {
  try {
    const koffi = await import('koffi');
    const calls = systemCalls(koffi.load(null), () => koffi.errno());
    return calls.statMount('/').isMountRoot ? calls : undefined;
  } catch {
    return undefined;
  }
}

type Call = KoffiFunc<(...args: unknown[]) => number>;

interface Library {
  func(name: string, result: string, args: string[]): Call;
}

// Types are spelt in place, never named: koffi's names are global, and a second load in one process would clash.
function systemCalls(library: Library, errno: () => number): SystemCalls {
  const mount = library.func('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']);
  const umount2 = library.func('umount2', 'int', ['str', 'int']);
  const statx = library.func('statx', 'int', ['int', 'str', 'int', 'uint', 'void *']);
  const ioctl = library.func('ioctl', 'int', ['int', 'ulong', '...']);
  const renameat2 = library.func('renameat2', 'int', ['int', 'str', 'int', 'str', 'uint']);

  const { check, onPool } = callers(errno);
  return {
    mount: (source, target, flags) => void check(mount(source, target, null, flags, null), 'mount', target),
    mountFileSystem: (source, target, type, flags, data) =>
      onPool(mount, target, [source, target, type, flags, data]),
    unmount: (target) => void check(umount2(target, unmountNoFollow), 'umount', target),
    unmountFileSystem: (target) => onPool(umount2, target, [target, unmountNoFollow]),
    statMount: (path) => {
      const struct = new ArrayBuffer(256);
      check(statx(currentDirectory, path, statFlags, statMask, new Uint8Array(struct)), 'statx', path);
      return readStat(struct);
    },
    ioctl: (fd, request, argument) => {
      const kind = typeof argument === 'number' ? 'long' : 'void *';
      return check(ioctl(fd, request, kind, argument), 'ioctl', `${fd}`);
    },
    renameNoReplace: (from, to) =>
      onPool(renameat2, to, [currentDirectory, from, currentDirectory, to, renameNoReplaceFlag]),
  };
}

/** A negative result becomes the error that errno tells; koffi keeps errno apart for each call. */
function callers(errno: () => number) {
  return {
    check: (result: number, call: string, path: string): number => {
      if (result < 0) throw systemErrorOf(errno(), call, path);
      return result;
    },
    onPool: (call: Call, path: string, args: readonly unknown[]): Promise<void> =>
      new Promise((resolve, reject) => {
        call.async(...args, (failure: unknown, result: number) => {
          if (failure) reject(failure);
          else if (result < 0) reject(systemErrorOf(errno(), call.info.name, path));
          else resolve();
        });
      }),
  };
}

/** Fields of `struct statx`, in the machine's byte order: attributes at 8, mode at 28, inode at 32, device at 136, mount ID at 144. */
function readStat(struct: ArrayBuffer): MountFacts {
  const words = new BigUint64Array(struct);
  const halves = new Uint32Array(struct);
  const mode = new Uint16Array(struct)[14];
  return {
    isMountRoot: ((words[1] ?? 0n) & attributeMountRoot) !== 0n,
    isSymlink: ((mode ?? 0) & 0o170000) === 0o120000,
    device: `${halves[34]}:${halves[35]}`,
    inode: `${words[4]}`,
    mountId: `${words[18]}`,
  };
}
