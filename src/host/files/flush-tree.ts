import { statfs } from 'node:fs/promises';
import type { ProgramResult, Programs } from '../host.ts';

/** linux/magic.h: FUSE_SUPER_MAGIC. */
const fuse = 0x65735546;

/** Flushes a tree to its disk or server. There is no cheaper way than to flush the whole file system. */
export async function flushTree(
  programs: Programs,
  path: string,
  signal: AbortSignal,
): Promise<ProgramResult> {
  const flushed = await programs.run('sync', ['--file-system', path], signal);
  if (flushed.exitCode !== 0 || (await statfs(path)).type !== fuse) return flushed;
  // syncfs(2) does not reach the server of a FUSE mount: the kernel asks only virtiofs.
  const each = ['(', '-type', 'f', '-o', '-type', 'd', ')', '-exec', 'sync', '--', '{}', '+'];
  return programs.run('find', [path, '-xdev', ...each], signal);
}
