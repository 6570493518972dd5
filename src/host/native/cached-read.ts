import type { Call, Library } from './callers.ts';

/** RWF_NOWAIT of linux/fs.h. */
const noWait = 8;
/** Where `off_t` has 32 bits. */
const largestOffset = 0x7fff_ffff;

export interface CachedReads {
  /**
   * Fills the bytes in the calling thread, if the kernel has all of them in memory: preadv2(2) with RWF_NOWAIT, Linux 4.14. False for
   * anything else: a read on the thread pool gets them, or the reason.
   */
  readCached(fd: number, bytes: Uint8Array, offset: number): boolean;
}

/** `vectors`: koffi's type of an array of `struct iovec`, with `base` and `length`. */
export function cachedReads(library: Library, vectors: unknown): CachedReads {
  const preadv2 = unlessLacking(() =>
    library.func('preadv2', 'long', ['int', vectors, 'int', 'long', 'int']),
  );
  return {
    readCached(fd, bytes, offset) {
      if (preadv2 === undefined || offset > largestOffset) return false;
      const vector = [{ base: bytes, length: bytes.length }];
      return preadv2(fd, vector, 1, offset, noWait) === bytes.length;
    },
  };
}

/** musl has it since 1.2.5. */
function unlessLacking(load: () => Call): Call | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}
