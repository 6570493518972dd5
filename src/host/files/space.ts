import { statfs } from 'node:fs/promises';
import type { Space } from '../host.ts';

/** See `Files.space`. */
export async function space(path: string): Promise<Space> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path);
  // A server may report nonsense.
  const atLeastNone = (count: number) => Math.max(0, count);
  return {
    freeBytes: atLeastNone(bavail) * bsize,
    usedBytes: atLeastNone(blocks - bfree) * bsize,
    ...(files > 0 ? { inodes: files, usedInodes: atLeastNone(files - ffree) } : {}),
  };
}
