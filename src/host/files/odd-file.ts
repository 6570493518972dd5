import type { Stats } from 'node:fs';
import { type SystemError, withCode } from '../system-error.ts';

/** The error for another kind of file than the wanted one. Never quotes its content. */
export function oddFile(path: string, found: Stats, wanted: string): SystemError {
  return withCode('EFTYPE', `EFTYPE: ${path} is ${kindInWords(found)}, not ${wanted}`);
}

export function tooLong(path: string, most: number): SystemError {
  return withCode('EFTYPE', `EFTYPE: ${path} is longer than the limit of ${most} bytes`);
}

function kindInWords(found: Stats): string {
  if (found.isSymbolicLink()) return 'a symlink';
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a FIFO';
  if (found.isSocket()) return 'a socket';
  return found.isFile() ? 'a file' : 'a device';
}
