import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../core/log.ts';
import { answers, type TakeLock } from './socket-place.ts';

interface Parts {
  readonly takeLock: TakeLock;
  readonly log: Log;
}

/**
 * Removes sockets in the directory that a killed daemon left: an engine would wait 15 s for each of them. A socket is known by the lock
 * file beside it. One that a process has locked or answers on stays, and so do those of `own`, which are bound again. Never rejects.
 */
export async function removeAbandonedSockets(
  directory: string,
  own: readonly string[],
  { takeLock, log }: Parts,
): Promise<void> {
  const files = await readdir(directory).catch(() => []);
  const locks = files.flatMap((file) => /^\.(?<socket>.+\.sock)\.lock$/.exec(file)?.groups?.socket ?? []);
  for (const name of locks) {
    const path = join(directory, name);
    if (own.includes(path)) continue;
    try {
      if (await removeAbandoned(path, join(directory, `.${name}.lock`), takeLock))
        log.write('info', 'socket-removed', { path });
    } catch (error) {
      log.write('warn', 'socket-not-removed', { path, error });
    }
  }
}

/** Resolves with whether there was one. The lock file goes with the lock. */
async function removeAbandoned(path: string, lockPath: string, takeLock: TakeLock): Promise<boolean> {
  const lock = await takeLock(lockPath);
  if (lock === undefined) return false;
  try {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSocket() !== true || (await answers(path))) return false;
    await rm(path, { force: true });
    return true;
  } finally {
    await lock.release();
  }
}
