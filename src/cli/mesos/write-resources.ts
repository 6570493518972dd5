import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VolumeError } from '../../core/volume-error.ts';

/** Replaces the file atomically. Resolves with its absolute path; throws `failed`. */
export async function writeResources(file: string, text: string): Promise<string> {
  const path = resolve(file);
  const unfinished = `${path}.${process.pid}.new`;
  try {
    const handle = await open(unfinished, 'wx', 0o644);
    try {
      await handle.writeFile(`${text}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
    return path;
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VolumeError('failed', `Cannot write the resources to ${path}: ${why}.`, { cause });
  }
}
