import { readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withErrnoCode } from '../system-error.ts';
import { namesBelow } from './names-below.ts';
import type { Near } from './near.ts';
import { heldPath } from './place.ts';
import { walkDown, withPath } from './walk-down.ts';

/** Directories below roots, held open while they are used. */
export interface HeldDirectories {
  /**
   * Calls `work` with a path that always means this directory, even if another is put in its place. Walks down one component at a
   * time and follows no symlink (as openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, which Node lacks). Errors name the
   * directory by its real path.
   */
  use<T>(root: string, names: readonly string[], work: (held: string) => Promise<T>): Promise<T>;
  /** See `Files.holding`. */
  keep<T>(root: string, directories: readonly string[], work: () => Promise<T>): Promise<T>;
}

/** Milliseconds for which new calls share a held directory: listing a thousand records walks down once. */
const joinable = 100;

interface Held {
  readonly since: number;
  /** Settled at once where the kernel has the directory in memory. */
  open: OpenDirectory | Promise<OpenDirectory>;
  users: number;
}

interface OpenDirectory {
  readonly fd: number;
  close(): Promise<void> | undefined;
}

export function createHeldDirectories(near: Near): HeldDirectories {
  const current = new Map<string, Held>();
  /** How often each is kept now. */
  const kept = new Map<string, number>();
  /** By list of directories, which is the same one in all calls of a storage. */
  const keysKnown = new WeakMap<
    readonly string[],
    { readonly root: string; readonly keys: readonly string[] }
  >();

  function hold(root: string, names: readonly string[], key: string): Held {
    const known = current.get(key);
    const now = performance.now();
    if (known !== undefined && now - known.since < joinable) return known;
    if (known?.users === 0) void close(known);
    const held: Held = { since: now, open: openDirectory(root, names), users: 0 };
    current.set(key, held);
    if (held.open instanceof Promise)
      // Before any caller hears of it, so that none joins a walk that has failed.
      held.open.then(
        (opened) => {
          held.open = opened;
        },
        () => forget(key, held),
      );
    return held;
  }

  function forget(key: string, held: Held): void {
    if (current.get(key) === held) current.delete(key);
  }

  function openDirectory(root: string, names: readonly string[]): Held['open'] {
    const opening = (fd: number | undefined): Held['open'] =>
      fd === undefined ? walkDown(root, names, 'held') : { fd, close: () => void near.release(fd) };
    const fd = near.hold(root, names);
    return fd instanceof Promise ? fd.then(opening) : opening(fd);
  }

  async function wait(held: Held, again: () => Held | undefined): Promise<Held> {
    try {
      await held.open;
      return held;
    } catch (error) {
      // That walk began before this call, which may be about a directory that was made since.
      const own = again();
      if (own === undefined) throw error;
      own.users += 1;
      await own.open;
      return own;
    }
  }

  function take(root: string, names: readonly string[], key: string): Held | Promise<Held> {
    const held = hold(root, names, key);
    const isJoined = held.users > 0;
    held.users += 1;
    if (!(held.open instanceof Promise)) return held;
    return wait(held, () => (isJoined ? hold(root, names, key) : undefined));
  }

  function release(key: string, held: Held): Promise<void> | undefined {
    held.users -= 1;
    if (held.users > 0 || (kept.has(key) && current.get(key) === held)) return undefined;
    forget(key, held);
    return close(held);
  }

  function keysOf(root: string, directories: readonly string[]): readonly string[] {
    const known = keysKnown.get(directories);
    if (known?.root === root) return known.keys;
    const keys = directories.map((path) => [root, ...namesBelow(root, path)].join('/'));
    keysKnown.set(directories, { root, keys });
    return keys;
  }

  function letGo(key: string): void {
    const left = (kept.get(key) ?? 0) - 1;
    if (left > 0) return void kept.set(key, left);
    kept.delete(key);
    const held = current.get(key);
    if (held?.users !== 0) return;
    current.delete(key);
    void close(held);
  }

  return {
    async use(root, names, work) {
      const key = names.length === 0 ? root : `${root}/${names.join('/')}`;
      const taken = take(root, names, key);
      const held = taken instanceof Promise ? await taken : taken;
      try {
        const open = held.open instanceof Promise ? await held.open : held.open;
        return await named(key, heldPath(open.fd), work);
      } finally {
        const closing = release(key, held);
        if (closing !== undefined) await closing;
      }
    },
    async keep(root, directories, work) {
      const keys = keysOf(root, directories);
      for (const key of keys) kept.set(key, (kept.get(key) ?? 0) + 1);
      try {
        return await work();
      } finally {
        for (const key of keys) letGo(key);
      }
    },
  };
}

function close({ open }: Held): Promise<void> | undefined {
  return open instanceof Promise ? open.then((opened) => opened.close()) : open.close();
}

async function named<T>(path: string, place: string, work: (held: string) => Promise<T>): Promise<T> {
  try {
    return await work(place);
  } catch (error) {
    throw withPath(withErrnoCode(error), place, path);
  }
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
