import { readlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { systemError, withErrnoCode } from '../system-error.ts';
import type { Near } from './near.ts';
import { heldPath } from './place.ts';
import { walkDown, withPath } from './walk-down.ts';

/** The components of the path from the root down; empty for the root itself. Throws EXDEV for a path outside the root. */
export function namesBelow(root: string, path: string): readonly string[] {
  const names = relative(root, path).split('/').filter(Boolean);
  if (names[0] !== '..' && !path.split('/').includes('..')) return names;
  throw systemError('EXDEV', 'open', path, `the path is not below ${root}`);
}

/** Directories below roots, held open while they are used. */
export interface HeldDirectories {
  /**
   * Calls `work` with a path that always means this directory, even if another is put in its place. Walks down one component at a
   * time and follows no symlink (as openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, which Node lacks). Errors name the
   * directory by its real path.
   */
  use<T>(root: string, names: readonly string[], work: (held: string) => Promise<T>): Promise<T>;
}

/** Milliseconds for which new calls share a held directory: listing a thousand records walks down once. */
const joinable = 100;

interface Held {
  readonly since: number;
  readonly handle: Promise<OpenDirectory>;
  users: number;
}

interface OpenDirectory {
  readonly fd: number;
  close(): Promise<void>;
}

export function createHeldDirectories(near: Near): HeldDirectories {
  const current = new Map<string, Held>();

  function hold(root: string, names: readonly string[]): Held {
    const key = [root, ...names].join('/');
    const known = current.get(key);
    const now = performance.now();
    if (known !== undefined && known.users > 0 && now - known.since < joinable) return known;
    const held: Held = { since: now, handle: openDirectory(root, names), users: 0 };
    current.set(key, held);
    // Before any caller hears of it, so that none joins a walk that has failed.
    held.handle.catch(() => forget(key, held));
    return held;
  }

  function forget(key: string, held: Held): void {
    if (current.get(key) === held) current.delete(key);
  }

  async function openDirectory(root: string, names: readonly string[]): Promise<OpenDirectory> {
    const fd = await near.hold(root, names);
    return fd === undefined ? walkDown(root, names, 'held') : { fd, close: async () => near.release(fd) };
  }

  async function take(root: string, names: readonly string[]): Promise<Held> {
    const held = hold(root, names);
    const isJoined = held.users > 0;
    held.users += 1;
    try {
      await held.handle;
      return held;
    } catch (error) {
      if (!isJoined) throw error;
    }
    // That walk began before this call, which may be about a directory that was made since.
    const own = hold(root, names);
    own.users += 1;
    await own.handle;
    return own;
  }

  async function release(key: string, held: Held): Promise<void> {
    held.users -= 1;
    if (held.users > 0) return;
    forget(key, held);
    await (await held.handle).close();
  }

  return {
    async use(root, names, work) {
      const path = [root, ...names].join('/');
      const held = await take(root, names);
      try {
        const place = heldPath((await held.handle).fd);
        return await work(place).catch((error) => {
          throw withPath(withErrnoCode(error), place, path);
        });
      } finally {
        await release(path, held);
      }
    },
  };
}

/** For a path in a held directory: a path that other processes can use as well, and the real path. */
export async function forOthers(
  place: string,
): Promise<{ readonly path: string; readonly canonical: string }> {
  const process = await readlink('/proc/self');
  return {
    path: place.replace('/proc/self/', `/proc/${process}/`),
    canonical: join(await readlink(dirname(place)), basename(place)),
  };
}
