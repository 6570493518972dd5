import { constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir } from 'node:fs/promises';
import type { Tell } from '../../core/waits/progress.ts';
import { withOpened } from '../files/opened.ts';
import { heldPath } from '../files/place.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode, systemError } from '../system-error.ts';
import { writeProject } from './kernel-calls.ts';

/** Neither waits for the other end of a FIFO, nor follows a symlink that was put in the place of a file. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * See `Projects.assign`. Symlinks, sockets and the like keep their project: they have no data, and the kernel's calls need an open
 * file. Children come before their directory.
 */
export async function assignTree(
  calls: SystemCalls,
  top: FileHandle,
  id: number,
  signal: AbortSignal,
  tell?: Tell,
): Promise<void> {
  const { dev } = await top.stat({ bigint: true });
  let entries = 0;

  async function assign(handle: FileHandle): Promise<void> {
    if (signal.aborted) throw systemError('ECANCELED', 'project', heldPath(handle.fd));
    const found = await handle.stat({ bigint: true });
    if (found.dev !== dev) return;
    const isDirectory = found.isDirectory();
    if (isDirectory) await assignIn(heldPath(handle.fd));
    else if (!found.isFile()) return;
    writeProject(calls, handle.fd, id, isDirectory ? 'directory' : 'file');
    entries += 1;
    tell?.({ entries });
  }

  async function assignIn(directory: string): Promise<void> {
    // Names are bytes: latin1 turns each byte into one character, and back below.
    for await (const { name } of await opendir(directory, { encoding: 'latin1' })) {
      const place = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, 'latin1')]);
      const child = await openPlain(place);
      if (child !== undefined) await withOpened(child, assign);
    }
  }

  await assign(top);
}

/** Undefined for anything but a file or a directory, and for what is gone. */
async function openPlain(place: Buffer): Promise<FileHandle | undefined> {
  try {
    const found = await lstat(place);
    return found.isFile() || found.isDirectory() ? await open(place, openFlags) : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'ENXIO')) return undefined;
    throw error;
  }
}
