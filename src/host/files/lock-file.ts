import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { VolumeError } from '../../core/volume-error.ts';
import { loadSystemCalls, type SystemCalls } from '../system-calls.ts';
import { hasCode } from '../system-error.ts';

/** A lock that one process holds at a time. The kernel releases it when the process ends for any reason. */
interface FileLock {
  /** False if the file was deleted or replaced: another process may hold the lock of the new file. */
  isWhole(): Promise<boolean>;
  /** Removes the file as well. */
  release(): Promise<void>;
}

/**
 * Locks a file (flock(2)), creating it with mode 0600 if needed. Undefined while another process holds the lock. Works between
 * containers that see the same file. Throws `unavailable` if the file cannot be locked.
 */
export type TakeLock = (path: string) => Promise<FileLock | undefined>;

/** Without koffi, flock(1) takes the lock, on a descriptor that it shares with this process. */
export async function createFileLocks(systemCalls: 'auto' | 'spawned'): Promise<TakeLock> {
  const calls = systemCalls === 'auto' ? await loadSystemCalls() : undefined;
  const lock = calls ? lockByCall(calls) : lockByProgram;
  return (path) => takeLock(path, lock);
}

/** Tries to take the lock; resolves with whether it was free. */
type Lock = (file: FileHandle, path: string) => Promise<boolean>;

async function takeLock(path: string, lock: Lock): Promise<FileLock | undefined> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  for (;;) {
    const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const isFree = await lock(file, path).catch(async (error) => {
      await file.close();
      throw error;
    });
    if (isFree && (await isAt(file, path))) return held(file, path);
    await file.close();
    // Free, but the previous holder has removed this file: try again with the current one.
    if (!isFree) return undefined;
  }
}

function held(file: FileHandle, path: string): FileLock {
  return {
    isWhole: () => isAt(file, path),
    async release() {
      // Unlink before unlocking: as long as we hold the lock, the file at the path is ours.
      if (await isAt(file, path)) await unlink(path).catch(() => undefined);
      await file.close();
    },
  };
}

async function isAt(file: FileHandle, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([file.stat(), lstat(path).catch(() => undefined)]);
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

function lockByCall(calls: SystemCalls): Lock {
  return async (file, path) => {
    try {
      calls.lock(file.fd);
      return true;
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) return false;
      throw cannotLock(path, error);
    }
  };
}

/** Milliseconds; flock -n itself does not wait. */
const patience = 10_000;

const lockByProgram: Lock = ({ fd }, path) =>
  new Promise((resolve, reject) => {
    const child = spawn('flock', ['-n', '-x', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
      timeout: patience,
    });
    child.once('error', (error) => reject(cannotLock(path, error)));
    child.once('exit', (code) => {
      if (code === 0 || code === 1) resolve(code === 0);
      else reject(cannotLock(path, new Error(`flock ended with ${code}`)));
    });
  });

function cannotLock(path: string, cause: unknown): VolumeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VolumeError(
    'unavailable',
    `${path} cannot be locked (${reason}). It must be on a local disk, and flock (package util-linux) must be installed.`,
    { cause },
  );
}
