import { stat, statfs } from 'node:fs/promises';
import type { FileSystem } from './shares.ts';

/** statfs(2): NFS and FUSE. Exports of one server file system have different devices but the same totals. */
const networkTypes: readonly number[] = [0x6969, 0x65735546];

/** Rejects if the path cannot be read. */
export async function fileSystemOf(path: string): Promise<FileSystem> {
  const [{ dev }, { type, blocks, bfree, bavail, bsize, files }] = await Promise.all([
    stat(path),
    statfs(path),
  ]);
  const totals = networkTypes.includes(type) ? [`totals ${type} ${blocks * bsize} ${files}`] : [];
  return { bytes: (blocks - bfree + bavail) * bsize, identities: [`device ${dev}`, ...totals] };
}
