import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** An error as Node's own file functions throw it. */
export type SystemError = Error & { readonly code: string };

export function systemErrorOf(errno: number, call: string, path: string): SystemError {
  const [code, words] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
  return withCode(code, `${code}: ${words}, ${call} '${path}'`);
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
