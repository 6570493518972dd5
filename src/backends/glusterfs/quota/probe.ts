import { join } from 'node:path';
import type { FilesBelow, Host } from '../../../host/host.ts';
import { errnoOf } from '../../shared/storage-errors.ts';
import type { Limit } from './set-limits.ts';

/** Bytes. */
const limit = 1024 ** 2;
const piece = limit / 4;
/** What is written at a time: most of the limit first, because each step takes from the time in which the last one must be refused. */
const steps = [3 * piece, ...Array.from({ length: 9 }, () => piece)];
/**
 * Milliseconds. What is refused later may owe it to a timeout that is over. The shortest one is a second, of the brick's clock: between two
 * of its ticks it is as good as none, and may be taken for none.
 */
const shortest = 1_000;

const privately = { uid: -1, gid: -1, mode: 0o700 };

/**
 * Directories that are limited only to see whether they are. In `soft`, a writer is checked as often as `soft-timeout` says, until
 * the whole limit is used; in `hard`, as often as `hard-timeout` says, almost from the beginning (quota.c: quota_check_size_limit).
 */
export const probes = { soft: 100, hard: 1 } as const;

export type Outcome = 'refused' | 'let-pass' | 'too-slow';

/** Makes an empty directory, and returns the limit that it is to get. */
export async function makeProbe(
  files: Pick<FilesBelow, 'createDirectory' | 'attribute'>,
  directory: string,
  soft: number,
): Promise<Limit> {
  await files.createDirectory(directory, privately);
  return { gfid: await gfidOf(files, directory), bytes: limit, soft };
}

export const probeLimit = limit;

/**
 * Writes up to three times the limit, in steps that are each on the bricks before the next: a file that is only closed may not be there,
 * and its error is lost (write-behind). A brick checks the first step; had it a timeout, it would not look again for a second. Files that
 * are linked under their name, as `exclusive` does, are not counted (10.3).
 */
export async function exceed(
  { files, host }: { readonly files: Pick<FilesBelow, 'writeText'>; readonly host: Pick<Host, 'uptime'> },
  directory: string,
): Promise<Outcome> {
  const began = host.uptime();
  for (const [place, bytes] of steps.entries()) {
    try {
      await files.writeText(join(directory, `${place}`), 'x'.repeat(bytes), 'replace');
    } catch (error) {
      // The quota of a directory above may be used up.
      if (errnoOf(error) !== 'EDQUOT' || place === 0) throw error;
      return host.uptime() - began < shortest ? 'refused' : 'too-slow';
    }
  }
  return 'let-pass';
}

/** The ID that GlusterFS gave a directory. */
export async function gfidOf(files: Pick<FilesBelow, 'attribute'>, directory: string): Promise<string> {
  const gfid = (await files.attribute(directory, 'glusterfs.gfid.string'))?.replace(/\0$/, '') ?? '';
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(gfid)) return gfid;
  throw new Error(`GlusterFS does not say the ID of ${directory}`);
}
