import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly happened: string;
  readonly wayOut: string;
}

/** What the kernel's error numbers mean to an operator (errno(3)). */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['ENOSPC', meaning('unavailable', 'no space is left', 'free some space or inodes there, then repeat')],
  [
    'EDQUOT',
    meaning('unavailable', 'the quota is used up', 'raise the quota or free some space, then repeat'),
  ],
  [
    'EROFS',
    meaning(
      'unavailable',
      'the file system is read-only',
      'look for the reason in `dmesg` and remount it read-write',
    ),
  ],
  [
    'EACCES',
    meaning(
      'failed',
      'access is denied',
      'check the owner and mode of the directory, and that Holdfast runs as root',
    ),
  ],
  [
    'EPERM',
    meaning(
      'failed',
      'the operation is not permitted',
      'check that Holdfast runs as root and that the path is not immutable',
    ),
  ],
  [
    'ENOENT',
    meaning(
      'unavailable',
      'a file or directory is missing',
      'check that the storage is mounted and complete',
    ),
  ],
  [
    'ENOTDIR',
    meaning('failed', 'a part of the path is not a directory', 'move away what stands in its place'),
  ],
  ['EEXIST', meaning('conflict', 'something is there already', 'move it away, then repeat')],
  ['ENOTEMPTY', meaning('conflict', 'the directory is not empty', 'move its content away, then repeat')],
  ['EBUSY', meaning('in-use', 'it is in use', 'stop what uses it, then repeat')],
  ['EFBIG', meaning('failed', 'the file would be too large for the file system', 'choose a smaller size')],
  [
    'EUCLEAN',
    meaning('failed', 'the file system is damaged', 'repair it with its own fsck, on a copy if it matters'),
  ],
  ['EIO', meaning('unavailable', 'the disk reports an error', 'look into `dmesg` and check the disk')],
  [
    'ESTALE',
    meaning(
      'unavailable',
      'the server no longer knows what was mounted',
      'check that it still exports the directory, and stop what uses the volume: then it is mounted again',
    ),
  ],
  [
    'ETIMEDOUT',
    meaning(
      'unavailable',
      'there is no answer',
      'check the server, or the disk, and the way to it, then repeat',
    ),
  ],
  [
    'ENOTCONN',
    meaning(
      'unavailable',
      'the connection to the servers is lost',
      'check that they are up, and stop what uses the volume: then it is mounted again',
    ),
  ],
  ['EHOSTUNREACH', unreachable()],
  ['ENETUNREACH', unreachable()],
  [
    'ENOTFOUND',
    meaning('unavailable', "the server's name is unknown", 'check the name, and the DNS of this host'),
  ],
  [
    'ECONNREFUSED',
    meaning(
      'unavailable',
      'the server refuses the connection',
      'check that its service is running, and that no firewall is between',
    ),
  ],
  [
    'EREMOTEIO',
    meaning(
      'unavailable',
      'the work on the server was interrupted',
      'repeat it; if it stays, look into `dmesg`',
    ),
  ],
  ['ECANCELED', meaning('unavailable', 'Holdfast is being stopped', 'repeat it once Holdfast runs again')],
  [
    'ELOOP',
    meaning('failed', 'there is a symlink where none may be', 'put the directory itself in its place'),
  ],
  ['EXDEV', meaning('failed', 'it reaches into another file system', 'unmount what is mounted below it')],
]);

/**
 * Does the work of one step, and gives its errors a code and a way out. `doing` is the beginning of the sentence,
 * such as `Volume "db" could not be created`; a VolumeError passes unchanged.
 */
export async function explained<T>(doing: string, place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing, place);
  }
}

/** For calls of the host that run a helper: its VolumeErrors do not know the volume, so they get the sentence's beginning. */
export async function helped<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error;
    throw new VolumeError(error.code, `${doing}: ${error.message}`, { cause: error });
  }
}

/** By the error's code, never by its text. */
export function storageError(thrown: unknown, doing: string, place: string): VolumeError {
  if (thrown instanceof VolumeError) return thrown;
  const words = wordsOf(thrown);
  const known = meanings.get(errnoOf(thrown) ?? '');
  if (known === undefined)
    return new VolumeError('failed', `${doing} at ${place}: ${words}.`, { cause: thrown });
  return new VolumeError(known.code, `${doing}: ${known.happened} at ${place} (${words}): ${known.wayOut}.`, {
    cause: thrown,
  });
}

/** The symbolic error number (`ENOSPC`) of a thrown value, when it has one. */
export function errnoOf(thrown: unknown): string | undefined {
  // By its shape: under Jest, Node's own errors are no instances of the tests' Error.
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** What a thrown value says. */
export function wordsOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown)) return String(thrown);
  return String(thrown.message);
}

/** Throws `timeout` once the signal is aborted: nothing more is begun then. */
export function refuseAborted(signal: AbortSignal, doing: string): void {
  if (!signal.aborted) return;
  throw new VolumeError('timeout', `${doing}: it was given up before it was done: repeat it.`, {
    cause: signal.reason,
  });
}

function unreachable(): Meaning {
  return meaning(
    'unavailable',
    'the server cannot be reached',
    'check its address and the network, then repeat',
  );
}

function meaning(code: ErrorCode, happened: string, wayOut: string): Meaning {
  return { code, happened, wayOut };
}
