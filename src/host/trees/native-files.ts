import { callers } from '../native/callers.ts';
import { loadKoffi } from '../native/load-koffi.ts';
import { hasCode } from '../system-error.ts';

/** What Node cannot ask of files, in the calling thread. Paths are bytes; no symlink is followed as the last component. */
export interface NativeFiles {
  /** Extended attributes in Base64, by name; undefined if it has none. */
  attributes(path: Buffer): Readonly<Record<string, string>> | undefined;
  /** Undefined: takes it away. Does nothing where the file system has no such attributes. */
  setAttribute(path: Buffer, name: string, value: Buffer | undefined): void;
  /** Makes a socket that nobody listens on. */
  makeSocket(path: Buffer, mode: number): void;
  /** Sets when it was last used and changed, in nanoseconds. */
  setTime(path: Buffer, nanoseconds: bigint): void;
}

/** The kernel's limits of xattr(7). */
const longestList = 65_536;
const longestValue = 65_536;
const socketKind = 0o140000;
/** AT_FDCWD and AT_SYMLINK_NOFOLLOW of fcntl.h. */
const currentDirectory = -100;
const noFollow = 0x100;

const second = 1_000_000_000n;

/** Undefined if koffi cannot be loaded. */
export async function loadNativeFiles(): Promise<NativeFiles | undefined> {
  try {
    const koffi = await loadKoffi();
    const library = koffi.load(null);
    const { check } = callers(() => koffi.errno());
    const list = library.func('llistxattr', 'long', ['void *', 'void *', 'size_t']);
    const get = library.func('lgetxattr', 'long', ['void *', 'void *', 'void *', 'size_t']);
    const set = library.func('lsetxattr', 'int', ['void *', 'void *', 'void *', 'size_t', 'int']);
    const remove = library.func('lremovexattr', 'int', ['void *', 'void *']);
    const mknod = library.func('mknod', 'int', ['void *', 'uint', 'ulong']);
    const utimensat = library.func('utimensat', 'int', ['int', 'void *', 'void *', 'int']);
    const names = new Uint8Array(longestList);
    const value = new Uint8Array(longestValue);
    const ended = (path: Buffer) => Buffer.concat([path, Buffer.of(0)]);
    /** Not every name is UTF-8. */
    const named = (name: string) => ended(Buffer.from(name, 'latin1'));
    return {
      attributes(path) {
        const place = ended(path);
        const length = supported(() => check(list(place, names, names.length), 'llistxattr', `${path}`));
        const found = Buffer.from(names.subarray(0, length)).toString('latin1').split('\0').filter(Boolean);
        if (found.length === 0) return undefined;
        const read = (name: string) => {
          const size = supported(() =>
            check(get(place, named(name), value, value.length), 'lgetxattr', `${path}`),
          );
          return Buffer.from(value.subarray(0, size)).toString('base64');
        };
        return Object.fromEntries(found.sort().map((name) => [name, read(name)]));
      },
      setAttribute(path, name, bytes) {
        const call = bytes === undefined ? 'lremovexattr' : 'lsetxattr';
        const change = () =>
          bytes === undefined
            ? remove(ended(path), named(name))
            : set(ended(path), named(name), bytes, bytes.length, 0);
        supported(() => check(change(), call, `${path}`));
      },
      makeSocket: (path, mode) => void check(mknod(ended(path), socketKind | mode, 0), 'mknod', `${path}`),
      setTime(path, nanoseconds) {
        // The part of a second is never negative, as before 1970.
        const part = ((nanoseconds % second) + second) % second;
        const time = [(nanoseconds - part) / second, part];
        const times = BigInt64Array.from([...time, ...time]);
        const result = utimensat(currentDirectory, ended(path), new Uint8Array(times.buffer), noFollow);
        check(result, 'utimensat', `${path}`);
      },
    };
  } catch {
    return undefined;
  }
}

/** Some file systems have no attributes. */
function supported(ask: () => number): number {
  try {
    return ask();
  } catch (error) {
    if (hasCode(error, 'ENOTSUP', 'EOPNOTSUPP', 'ENODATA')) return 0;
    throw error;
  }
}
