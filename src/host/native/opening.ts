import { constants } from 'node:os';
import type { Library } from './callers.ts';

/** By number, which is the same on all architectures: the C library has no function for it. */
const openat2Number = 437;
/** RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH of linux/openat2.h. */
const below = 0x01n | 0x02n | 0x04n | 0x08n;
/** RESOLVE_CACHED. */
const cached = 0x20n;
const closeOnExec = 0o2000000;

/** A descriptor. Undefined if it cannot be opened like this. */
export type Opened = number | 'missing' | undefined;

export interface Opening {
  /**
   * Opens a path below an open directory in the calling thread, and never waits: follows no symlink and enters no other mount. Undefined
   * for what the kernel does not have in memory, and for any other error (openat2(2) with RESOLVE_CACHED, Linux 5.12). Throws nothing,
   * because making an error takes ten times as long as the look.
   */
  openCached(directory: number, path: string, flags: number): Opened;
  /** The same on Node's thread pool, where it may wait for a local disk. */
  openOnPool(directory: number, path: string, flags: number): Promise<Opened>;
}

export function openingBelow(library: Library, errno: () => number): Opening {
  const openat2 = library.func('syscall', 'long', ['long', 'int', 'str', 'void *', 'size_t']);

  /** One for all calls in this thread: making another takes as long as the call. */
  const words = openHow(0, below | cached);
  const how = new Uint8Array(words.buffer);

  function opened(result: number): Opened {
    if (result >= 0) return result;
    return errno() === constants.errno.ENOENT ? 'missing' : undefined;
  }

  return {
    openCached(directory, path, flags) {
      words[0] = BigInt(flags | closeOnExec);
      return opened(openat2(openat2Number, directory, path, how, how.length));
    },
    openOnPool: (directory, path, flags) =>
      new Promise((resolve, reject) => {
        const own = new Uint8Array(openHow(flags, below).buffer);
        openat2.async(openat2Number, directory, path, own, own.length, (failure: unknown, result: number) => {
          if (failure) reject(failure);
          else resolve(opened(result));
        });
      }),
  };
}

/** `struct open_how`: flags, mode, resolve. */
function openHow(flags: number, resolve: bigint): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.of(BigInt(flags | closeOnExec), 0n, resolve);
}
