import { lstat, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Names } from '../host.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode, systemError, unlessMissing } from '../system-error.ts';
import { together, type WritingParts } from './durable-file.ts';

export async function renameDurably(
  { calls, syncDirectory }: WritingParts,
  from: string,
  to: string,
  names: Names,
): Promise<void> {
  await renameNew(calls, from, to);
  if (names === 'synced') await together([...new Set([dirname(to), dirname(from)])].map(syncDirectory));
}

/** Atomic if the file system supports it. Else (NFS, or without koffi) checks first. */
async function renameNew(calls: SystemCalls | undefined, from: string, to: string): Promise<void> {
  try {
    if (calls) return await calls.renameNoReplace(from, to);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOSYS')) throw error;
  }
  await lstat(from);
  if (await unlessMissing(() => lstat(to))) throw systemError('EEXIST', 'rename', to);
  await rename(from, to);
}
