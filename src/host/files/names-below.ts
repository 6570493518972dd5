import { relative } from 'node:path';
import { systemError } from '../system-error.ts';

/** The components of the path from the root down; empty for the root itself. Throws EXDEV for a path outside the root. */
export function namesBelow(root: string, path: string): readonly string[] {
  // Nearly every path is plain, and each call asks several times.
  if (path.startsWith(root) && path.charAt(root.length) === '/') {
    const names = path.slice(root.length + 1).split('/');
    if (names.every(isPlain)) return names;
  }
  const names = relative(root, path).split('/').filter(Boolean);
  if (names[0] !== '..' && !path.split('/').includes('..')) return names;
  throw systemError('EXDEV', 'open', path, `the path is not below ${root}`);
}

function isPlain(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..';
}
