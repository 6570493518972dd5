import { relative } from 'node:path';
import type { CountLimits, Space, TreeCount } from '../../../src/host/host.ts';
import { type FakeFileSystem, type FakeNode, pathOf } from './tree.ts';

const block = 4096;

/** The free space, which only the test sets; writes do not change it. */
export function spaceOf({ root, freeBytes }: FakeFileSystem): Space {
  const { usedBytes, usedInodes } = countTree(root, { entries: Number.POSITIVE_INFINITY, milliseconds: 0 });
  return { freeBytes, usedBytes, usedInodes, inodes: usedInodes + Math.floor(freeBytes / (4 * block)) };
}

/** Counts one file system, without mounts below it. */
export function countTree(top: FakeNode, limits: CountLimits): TreeCount {
  let usedBytes = 0;
  let usedInodes = 0;
  let elsewhere: string | undefined;
  const left = [top];
  for (let node = left.pop(); node; node = left.pop()) {
    if (usedInodes > limits.entries) return { usedBytes, usedInodes, isWhole: false };
    if (node !== top && node.kind === 'directory' && node.subvolume !== 'no') {
      elsewhere ??= relative(pathOf(top), pathOf(node));
      continue;
    }
    usedInodes += 1;
    usedBytes += bytesOf(node);
    if (node.kind === 'directory') left.push(...node.entries.values());
  }
  return { usedBytes, usedInodes, isWhole: true, ...(elsewhere === undefined ? {} : { elsewhere }) };
}

export function bytesOf(node: FakeNode): number {
  if (node.kind === 'directory') return block;
  return node.kind === 'file' ? Math.ceil(node.data.length / block) * block : 0;
}
