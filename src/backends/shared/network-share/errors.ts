import { wordsOf } from '../../../core/error-words.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { FilesBelow } from '../../../host/host.ts';
import { explain, type Meaning, meaningsOf } from '../meanings.ts';
import { errnoOf } from '../storage-errors.ts';
import type { Share } from './share.ts';

type Errno = string | undefined;

const denied: readonly Errno[] = ['EACCES', 'EPERM'];

/**
 * Whether the server no longer lets this host in, judged by the error of the work and of a look at the whole share. An open on NFS
 * then fails with ESTALE (Linux 6.1 asks about the directory first, and turns any error into that).
 */
function isShutOut(...said: readonly Errno[]): boolean {
  return (
    said.every((code) => denied.includes(code) || code === 'ESTALE') &&
    said.some((code) => denied.includes(code))
  );
}

/** Error numbers with another meaning on a share than on a local disk; others pass unchanged. */
function meaningsOn({ wordsFor }: Share): ReadonlyMap<string, Meaning> {
  const { happened, wayOut } = wordsFor.inputOutput;
  return meaningsOf([
    [
      'EROFS',
      'unavailable',
      'the share is read-only',
      'export it read-write (`rw`), or find the reason on the server',
    ],
    ['EACCES EPERM', 'failed', 'the server does not let root do this', wordsFor.squash],
    ['EIO', 'unavailable', happened, wayOut],
    ['ENOSPC', 'unavailable', 'the share is full', 'free some space or inodes on the server, then retry'],
  ]);
}

/** The same files, but an EIO of a single file is explained for this kind of share, also if the file is one of many. */
export function readsExplained(files: FilesBelow, { wordsFor }: Share): FilesBelow {
  const { happened, wayOut } = wordsFor.inputOutput;
  const explain = (error: unknown) => {
    if (errnoOf(error) !== 'EIO') throw error;
    throw Object.assign(new Error(`${wordsOf(error)}: ${happened}: ${wayOut}`, { cause: error }), {
      code: 'EIO',
    });
  };
  return {
    ...files,
    readText: (path) => files.readText(path).catch(explain),
    readLatest: (path) => files.readLatest(path).catch(explain),
  };
}

/** `look` returns the code with which a look at the whole share fails now; undefined if it succeeds. */
export interface LookedAtShare {
  readonly share: Share;
  look(): Promise<string | undefined>;
}

/** Explains errors of work on a share in terms of the share. */
export async function shareExplained<T>(
  doing: string,
  { share, look }: LookedAtShare,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VolumeError) throw cause;
    const errno = errnoOf(cause);
    const mayBeOut = denied.includes(errno) || errno === 'ESTALE';
    const isOut = mayBeOut && isShutOut(errno, await look());
    const known = isOut ? withdrawn(share) : meaningsOn(share).get(errno ?? '');
    if (known === undefined) throw cause;
    throw explain(known, { doing, where: `, ${share.source}`, words: wordsOf(cause), cause });
  }
}

function withdrawn({ wordsFor }: Share): Meaning {
  return {
    code: 'unavailable',
    happened: 'the server no longer exports it to this host',
    wayOut: wordsFor.withdrawn,
  };
}
