import { type ErrorCode, VolumeError } from '../../../core/volume-error.ts';
import { errnoOf, wordsOf } from '../storage-errors.ts';
import type { Share } from './share.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly happened: string;
  readonly wayOut: string;
}

/** Where the kernel's error numbers mean something else on a share than on a local disk; the others pass. */
function meaningOf(errno: string | undefined, { squashHint }: Share): Meaning | undefined {
  switch (errno) {
    case 'EROFS':
      return {
        code: 'unavailable',
        happened: 'the share is read-only',
        wayOut: 'export it read-write (`rw`), or look for the reason on the server',
      };
    case 'EACCES':
    case 'EPERM':
      return { code: 'failed', happened: 'the server does not let root do this', wayOut: squashHint };
    case 'ENOSPC':
      return {
        code: 'unavailable',
        happened: 'the share is full',
        wayOut: 'free some space or inodes on the server, then repeat',
      };
    default:
      return undefined;
  }
}

/** Gives the errors of work on a share the words that fit a share. */
export async function shareExplained<T>(doing: string, share: Share, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const known = meaningOf(errnoOf(cause), share);
    if (known === undefined || cause instanceof VolumeError) throw cause;
    const { code, happened, wayOut } = known;
    throw new VolumeError(code, `${doing}: ${happened}, ${share.source} (${wordsOf(cause)}): ${wayOut}.`, {
      cause,
    });
  }
}
