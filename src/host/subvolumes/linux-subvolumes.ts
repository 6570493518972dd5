import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setOwner } from '../files/directories.ts';
import { createHeldDirectories, type HeldDirectories } from '../files/held-directory.ts';
import { namesBelow } from '../files/names-below.ts';
import { createNear, type Near } from '../files/near.ts';
import { withOpened } from '../files/opened.ts';
import type { Owner, Subvolumes } from '../host.ts';
import type { ReadMountTable } from '../mounts/kernel-mounts.ts';
import { createMayBlock } from '../mounts/may-block.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode, systemError } from '../system-error.ts';
import { isOnBtrfs, isOnBtrfsNear, isSubvolume } from './destroy.ts';
import { copySubvolume, destroySubvolume, makeSubvolume, subvolumesIn } from './kernel-calls.ts';

export interface SubvolumeParts {
  readonly calls: SystemCalls | undefined;
  readonly readTable: ReadMountTable;
}

export function linuxSubvolumes({ calls, readTable }: SubvolumeParts): (root: string) => Subvolumes {
  const near = createNear(calls, calls && createMayBlock(calls, readTable));
  const directories = createHeldDirectories(near);
  return (root) => subvolumesBelow(calls, { directories, near }, root);
}

/** Without system calls, there are none. */
function subvolumesBelow(
  calls: SystemCalls | undefined,
  { directories, near }: { readonly directories: HeldDirectories; readonly near: Near },
  root: string,
): Subvolumes {
  const known = (path: string): SystemCalls => {
    if (calls === undefined) throw systemError('ENOSYS', 'ioctl', path);
    return calls;
  };
  const inParent = async <T>(path: string, work: (place: string) => Promise<T>): Promise<T> => {
    const names = namesBelow(root, path);
    return directories.use(root, names.slice(0, -1), (held) => work(`${held}/${names.at(-1) ?? '.'}`));
  };

  return {
    areKnown: async (directory) =>
      calls !== undefined &&
      directories.use(root, namesBelow(root, directory), async (held) =>
        // Every Create of a directory asks: a look at a local file system in the calling thread takes less than a hop to the pool.
        near.isHeld(held) ? isOnBtrfsNear(held) : isOnBtrfs(held),
      ),
    isOne: async (path) => calls !== undefined && inParent(path, isSubvolume),
    create: (path, owner) => inParent(path, (place) => create(known(path), place, owner)),
    snapshot: (from, to, access) =>
      inParent(from, (source) =>
        inParent(to, async (target) => {
          const opened = await openDirectory(source);
          await withOpened(opened, ({ fd }) => snapshot(known(from), fd, target, access));
        }),
      ),
    within: (path) =>
      inParent(path, async (place) => {
        const found = await withOpened(await openDirectory(place), ({ fd }) => subvolumesIn(known(path), fd));
        return found.map(({ parent, name }) => `${parent}${name}`);
      }),
  };
}

async function create(calls: SystemCalls, place: string, owner: Owner): Promise<boolean> {
  const name = Buffer.from(basename(place));
  return withParent(place, async ({ fd }) => {
    try {
      await makeSubvolume(calls, fd, name);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
    try {
      await setOwner(place, owner);
    } catch (error) {
      await destroySubvolume(calls, fd, name).catch(() => undefined);
      throw error;
    }
    return true;
  });
}

async function snapshot(
  calls: SystemCalls,
  source: number,
  target: string,
  access: 'read-only' | 'read-write',
): Promise<void> {
  await withParent(target, ({ fd }) =>
    copySubvolume(calls, source, fd, Buffer.from(basename(target)), access),
  );
}

async function withParent<T>(place: string, work: (parent: FileHandle) => Promise<T>): Promise<T> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  return withOpened(await open(`${dirname(place)}/.`, flags), work);
}

function openDirectory(place: string): Promise<FileHandle> {
  return open(place, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}
