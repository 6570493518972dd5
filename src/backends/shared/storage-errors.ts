import { wordsOf } from '../../core/error-words.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { explain, meaningsOf } from './meanings.ts';

/** The meaning of the kernel's error numbers (errno(3)) for an operator. */
const meanings = meaningsOf([
  ['ENOSPC', 'unavailable', 'no space is left', 'free some space or inodes there, then retry'],
  ['EDQUOT', 'unavailable', 'the quota is used up', 'raise the quota or free some space, then retry'],
  [
    'EROFS',
    'unavailable',
    'the file system is read-only',
    'find the reason in `dmesg` and remount it read-write',
  ],
  [
    'EACCES',
    'failed',
    'access is denied',
    'check the owner and mode of the directory, and that Holdfast runs as root',
  ],
  [
    'EPERM',
    'failed',
    'the operation is not permitted',
    'check that Holdfast runs as root, in a container with CAP_SYS_ADMIN and the devices of the host, and that the path is not immutable',
  ],
  [
    'ENOENT',
    'unavailable',
    'a file or directory is missing',
    'check that the storage is mounted and complete',
  ],
  [
    'ENXIO ENODEV',
    'unavailable',
    'there is no device behind it',
    'look into `dmesg`, and load the module of its driver on the host',
  ],
  ['ENOTDIR', 'failed', 'a part of the path is not a directory', 'move away what is in its place'],
  ['EEXIST', 'conflict', 'something is already there', 'move it away, then retry'],
  ['ENOTEMPTY', 'conflict', 'the directory is not empty', 'move its content away, then retry'],
  ['EBUSY', 'in-use', 'it is in use', 'stop what uses it, then retry'],
  ['EFBIG', 'failed', 'the file would be too large for the file system', 'choose a smaller size'],
  [
    'EUCLEAN',
    'failed',
    'the file system is damaged',
    'repair it with its own fsck, on a copy if the data matters',
  ],
  ['EIO', 'unavailable', 'the disk reports an error', 'look into `dmesg` and check the disk'],
  [
    'ESTALE',
    'unavailable',
    'the server no longer knows what was mounted',
    'check that it still exports the directory, and stop what uses the volume: then it is mounted again',
  ],
  [
    'ETIMEDOUT',
    'unavailable',
    'there is no answer',
    'check the server or the disk, and the connection to it, then retry',
  ],
  [
    'ENOTCONN',
    'unavailable',
    'the connection to the servers is lost',
    'check that they are up, and stop what uses the volume: then it is mounted again',
  ],
  [
    'EHOSTUNREACH ENETUNREACH',
    'unavailable',
    'the server cannot be reached',
    'check its address and the network, then retry',
  ],
  ['ENOTFOUND', 'unavailable', "the server's name is unknown", 'check the name, and the DNS of this host'],
  [
    'ECONNREFUSED',
    'unavailable',
    'the server refuses the connection',
    'check that its service is running, and that no firewall blocks it',
  ],
  [
    'EREMOTEIO',
    'unavailable',
    'the work on the server was interrupted',
    'retry; if the error stays, look into `dmesg`',
  ],
  ['ECANCELED', 'unavailable', 'Holdfast is being stopped', 'retry once Holdfast runs again'],
  ['ELOOP', 'failed', 'there is a symlink where none is allowed', 'put the directory itself in its place'],
  ['EFTYPE', 'failed', 'something else is in the place of a file or directory of Holdfast', 'move it away'],
  ['EXDEV', 'failed', 'it reaches into another file system', 'unmount what is mounted below it'],
]);

/**
 * Does the work of one step, and gives its errors a code and a way out. `doing` begins the sentence,
 * such as `Volume "db" could not be created`; a VolumeError passes unchanged.
 */
export async function explained<T>(doing: string, place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing, place);
  }
}

/** For calls of the host that run a helper: its VolumeErrors do not name the volume, so `doing` is put in front. */
export async function withPrefix<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error;
    throw new VolumeError(error.code, `${doing}: ${error.message}`, { cause: error });
  }
}

/** Explains an error by its code, never by its text. */
export function storageError(thrown: unknown, doing: string, place: string): VolumeError {
  if (thrown instanceof VolumeError) return thrown;
  const words = wordsOf(thrown);
  const known = meanings.get(errnoOf(thrown) ?? '');
  if (known === undefined)
    return new VolumeError('failed', `${doing} at ${place}: ${words}.`, { cause: thrown });
  return explain(known, { doing, where: ` at ${place}`, words, cause: thrown });
}

/** The symbolic error number (`ENOSPC`) of a thrown value, if it has one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Throws `timeout` once the signal is aborted: nothing more is started then. */
export function refuseAborted(signal: AbortSignal, doing: string): void {
  if (!signal.aborted) return;
  throw new VolumeError('timeout', `${doing}: timed out; retry.`, {
    cause: signal.reason,
  });
}
