import type { Callers, Library } from './callers.ts';

/** By number, which is the same on all architectures: the C library has no function for it. */
const openat2Number = 437;
/** RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH and RESOLVE_CACHED of linux/openat2.h. */
const resolve = 0x01n | 0x02n | 0x04n | 0x08n | 0x20n;
const closeOnExec = 0o2000000;

/** See `SystemCalls.openCached`. */
export function cachedOpen(
  library: Library,
  check: Callers['check'],
): (directory: number, path: string, flags: number) => number {
  const openat2 = library.func('syscall', 'long', ['long', 'int', 'str', 'void *', 'size_t']);
  return (directory, path, flags) => {
    // `struct open_how`: flags, mode, resolve.
    const how = new Uint8Array(BigUint64Array.of(BigInt(flags | closeOnExec), 0n, resolve).buffer);
    return check(openat2(openat2Number, directory, path, how, how.length), 'openat2', path);
  };
}
