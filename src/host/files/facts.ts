import { type BigIntStats, lstatSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { deviceText, inodeText } from '../device-number.ts';
import type { FileFacts, Files } from '../host.ts';
import type { MayBlock } from '../mounts/may-block.ts';
import { unlessGone, unlessMissing } from '../system-error.ts';
import type { Near } from './near.ts';

/** In the calling thread where that cannot block: a hop to the thread pool takes longer than the look. */
export function factsReader(mayBlock: MayBlock | undefined, near: Near): Files['facts'] {
  return async (path) => {
    const found = await near.facts(path);
    if (found === 'missing') return undefined;
    if (found !== undefined && !found.isBlockDevice()) return factsOf(found);
    const isLocal = (await mayBlock?.of(path)) === 'local';
    return facts(path, isLocal ? lstatSync : lstat);
  };
}

async function facts(
  path: string,
  look: (path: string, how: { bigint: true }) => BigIntStats | Promise<BigIntStats>,
): Promise<FileFacts | undefined> {
  const stats = await unlessMissing(async () => look(path, { bigint: true }));
  if (stats?.isBlockDevice()) return blockDeviceFacts(stats);
  return stats && factsOf(stats);
}

/** A sector in sysfs has 512 bytes, independent of the disk. */
async function blockDeviceFacts(stats: BigIntStats): Promise<FileFacts> {
  const number = deviceText(stats.rdev);
  const size = `/sys/dev/block/${number}/size`;
  const sectors = await unlessGone(size, () => readFile(size, 'utf8'));
  return { ...factsOf(stats), kind: 'block-device', number, size: Number(sectors ?? 0) * 512 };
}

function factsOf(stats: BigIntStats): FileFacts {
  return {
    kind: kindOf(stats),
    device: deviceText(stats.dev),
    inode: inodeText(stats.ino),
    size: Number(stats.size),
    allocated: Number(stats.blocks) * 512,
    changed: `${stats.mtimeNs}`,
    modifiedAt: Number(stats.mtimeNs / 1_000_000n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mode: Number(stats.mode & 0o7777n),
  };
}

function kindOf(stats: BigIntStats): FileFacts['kind'] {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
