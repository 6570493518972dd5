import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** An error like those of Node's own file functions. */
export type SystemError = Error & { readonly code: string };

/** Errors without a name in libuv ("Unknown system error -116"), by their numbers in asm-generic/errno.h. */
const unnamed: ReadonlyMap<number, readonly [string, string]> = new Map([
  [15, ['ENOTBLK', 'block device required']],
  [116, ['ESTALE', 'stale file handle']],
  [117, ['EUCLEAN', 'structure needs cleaning']],
  [122, ['EDQUOT', 'disk quota exceeded']],
]);

/** Node copies the map at each call, which costs more than most system calls. */
const named = getSystemErrorMap();

export function systemErrorOf(errno: number, call: string, path: string): SystemError {
  const [code, words] = named.get(-errno) ?? unnamed.get(errno) ?? [`E${errno}`, 'unknown error'];
  return withCode(code, `${code}: ${words}, ${call} '${path}'`);
}

/** The error of a Node file function, with its proper code if libuv has no name for it. */
export function withErrnoCode(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return thrown;
  // If both a read and the following close failed, the error is an AggregateError without errno.
  if ('errors' in thrown && Array.isArray(thrown.errors)) return withErrnoCode(thrown.errors[0]);
  const { errno, syscall, path }: { errno?: unknown; syscall?: unknown; path?: unknown } = thrown;
  if (typeof errno !== 'number' || !unnamed.has(-errno)) return thrown;
  return systemErrorOf(-errno, String(syscall ?? ''), String(path ?? ''));
}

/** Adds the path to an error that lacks it: for an open file, Node does not name it (`EIO: i/o error, close`). */
export function withPathNamed(thrown: unknown, path: string): unknown {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return thrown;
  const { code, message }: { code: unknown; message?: unknown } = thrown;
  const text = `${message}`;
  const isOfSystem = typeof code === 'string' && /^E[A-Z0-9]+$/.test(code);
  return isOfSystem && !text.includes("'") && !text.includes(path)
    ? withCode(code, `${text} '${path}'`)
    : thrown;
}

/** By code; `words` replace the standard message, for example by a helper's output. */
export function systemError(
  code: keyof typeof constants.errno,
  call: string,
  path: string,
  words?: string,
): SystemError {
  if (words === undefined) return systemErrorOf(constants.errno[code], call, path);
  return withCode(code, `${code}: ${words}, ${call} '${path}'`);
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && codes.includes(error.code);
}

/** The result of `look`; undefined if its path does not exist. */
export async function unlessMissing<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/**
 * Like `unlessMissing`. An entry of sysfs or procfs is also missing if its device or process went away between the opening and the
 * read, which the kernel reports as ENODEV or ESRCH. In other file systems, these codes say something else.
 */
export async function unlessGone<T>(path: string, look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await unlessMissing(look);
  } catch (error) {
    if (path.startsWith('/sys/') && hasCode(error, 'ENODEV')) return undefined;
    if (path.startsWith('/proc/') && hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

/** For codes that the kernel does not have, such as ENOTFOUND. */
export function withCode(code: string, message: string): SystemError {
  return Object.assign(new Error(message), { code });
}
