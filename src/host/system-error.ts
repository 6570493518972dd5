import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** An error as Node's own file functions throw it. */
export type SystemError = Error & { readonly code: string };

/** What libuv has no name for ("Unknown system error -116"), by the numbers of asm-generic/errno.h. */
const unnamed: ReadonlyMap<number, readonly [string, string]> = new Map([
  [15, ['ENOTBLK', 'block device required']],
  [116, ['ESTALE', 'stale file handle']],
  [117, ['EUCLEAN', 'structure needs cleaning']],
  [122, ['EDQUOT', 'disk quota exceeded']],
]);

export function systemErrorOf(errno: number, call: string, path: string): SystemError {
  const named = getSystemErrorMap().get(-errno) ?? unnamed.get(errno);
  const [code, words] = named ?? [`E${errno}`, 'unknown error'];
  return withCode(code, `${code}: ${words}, ${call} '${path}'`);
}

/** What Node's own file functions threw, with its name also where libuv has none. */
export function named(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return thrown;
  // A read that failed, and then its close as well: an AggregateError, which has no number.
  if ('errors' in thrown && Array.isArray(thrown.errors)) return named(thrown.errors[0]);
  const { errno, syscall, path }: { errno?: unknown; syscall?: unknown; path?: unknown } = thrown;
  if (typeof errno !== 'number' || !unnamed.has(-errno)) return thrown;
  return systemErrorOf(-errno, String(syscall ?? ''), String(path ?? ''));
}

/** By name; `words` replace the standard ones, such as what a helper said. */
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

/** What `look` finds; undefined when there is nothing at its path. */
export async function unlessMissing<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** For a code that is none of the kernel's, such as ENOTFOUND. */
export function withCode(code: string, message: string): SystemError {
  return Object.assign(new Error(message), { code });
}
