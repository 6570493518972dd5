import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupParts } from '../parts.ts';
import type { Repository, ResticLock } from '../restic/repository.ts';

/** Milliseconds between two attempts. */
const usualPause = 30_000;
/** Milliseconds for which it is tried. */
const longest = 1_800_000;

interface Waiting {
  /** Whether the last failure may come from a lock. Otherwise the repository is not asked: it may be the one that does not answer. */
  mayBeLocked(): boolean;
  isInTheWay(lock: ResticLock): boolean;
}

/**
 * Repeats work that failed while another restic has a lock that is in its way: the prune of another host has one for minutes, in which no
 * backup begins, and a prune needs the repository for itself. restic 0.14 does not wait.
 */
export async function whileLocked<T>(
  { lockPause = usualPause }: Pick<BackupParts, 'lockPause'>,
  repository: Repository,
  { mayBeLocked, isInTheWay }: Waiting,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + longest;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || performance.now() >= end || !mayBeLocked()) throw error;
      const locks = await repository.locks(signal).catch(() => []);
      if (!locks.some(isInTheWay)) throw error;
    }
    await sleep(lockPause, undefined, { signal });
    // That of a killed one of another host is known as stale after half an hour.
    await repository.unlock(signal).catch(() => undefined);
  }
}
