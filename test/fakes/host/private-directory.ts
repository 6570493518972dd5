import { dirname } from 'node:path';
import { octal, parentsOf, refuseForeign } from '../../../src/host/files/private-directory.ts';
import { makeDirectories } from './files.ts';
import { errno, find, walk, writableNode } from './paths.ts';
import type { FakeState } from './state.ts';

/** See `Files.makePrivateDirectory`; the only user is root. */
export function makePrivateDirectory(state: FakeState, path: string): string | undefined {
  makeDirectories(state, dirname(path));
  const isNew = find(state, path, 'keep') === undefined;
  if (isNew) makeDirectories(state, path);
  const { node, path: real } = walk(state, path, 'follow');
  if (node.kind !== 'directory') throw errno('ENOTDIR', path);
  for (const above of parentsOf(real)) refuseForeign(path, above, walk(state, above, 'keep').node);
  refuseForeign(path, real, { ...node, mode: node.mode & ~0o1000 });
  if ((node.mode & 0o077) === 0) return undefined;
  const { mode } = node;
  writableNode(state, real).mode = 0o700;
  return isNew ? undefined : octal(mode);
}
