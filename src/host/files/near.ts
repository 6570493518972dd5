import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { MayBlock } from '../mounts/may-block.ts';
import type { Opened } from '../native/opening.ts';
import type { SystemCalls } from '../system-calls.ts';
import { heldPath, pathOnly } from './place.ts';

/**
 * Local directories that are held open, and looks into them in the calling thread: a hop to the thread pool takes longer than such a
 * look. Nothing here waits for a disk or a server: what the kernel does not have in memory is left to the pool.
 */
export interface Near {
  /**
   * The open directory; undefined if this needs the pool, or fails: the walk on the pool finds the reason. At once where it was found a
   * moment ago that the root is local.
   */
  hold(root: string, names: readonly string[]): Promise<number | undefined> | number | undefined;
  release(fd: number): void;
  /** Whether this is the path of a directory that is held here. */
  isHeld(path: string): boolean;
  /** What syncs such a directory. Opened at the first call, and closed when the directory is released. */
  toSync(path: string): ToSync | undefined;
  /**
   * The file at a place in such a directory, opened by O_PATH: in the calling thread, or in one hop to the pool if the kernel has to ask a
   * disk for it. Undefined if it is in no such directory, is a mount, or cannot be opened: the look on the pool finds the reason.
   */
  open(place: string): Promise<Opened>;
  /** The same for its facts. */
  facts(place: string): Promise<BigIntStats | 'missing' | undefined>;
  /** Fills the bytes from an open local file; false if the kernel does not have all of them in memory. */
  read(fd: number, bytes: Uint8Array, offset: number): boolean;
  /** See `Files.hasNoWriter`, of a place in such a directory. */
  hasNoWriter(place: string): boolean;
  /** Facts of a place in such a directory that the kernel has in memory. */
  stat(place: string): BigIntStats | 'missing' | undefined;
}

interface ToSync {
  readonly fd: number;
  /** The same for each opening of this directory. */
  readonly identity: string;
}

/** Milliseconds for which a root that was found to be local, or not, counts as such. */
const believed = 100;
const toLook = pathOnly | constants.O_NOFOLLOW;
const toHold = toLook | constants.O_DIRECTORY;

export function createNear(
  calls: SystemCalls | undefined,
  mayBlock: MayBlock | undefined,
  detachedRoots: ReadonlySet<string> = new Set(),
): Near {
  /** By path. */
  const held = new Map<string, number>();
  /** By the held descriptor. */
  const opened = new Map<number, ToSync>();
  /** What each root was last found to be. */
  const found = new Map<string, { readonly since: number; readonly isLocal: boolean }>();

  function holdNow(root: string, names: readonly string[]): number | undefined {
    const fd = openBelow(root, names, calls);
    if (fd !== undefined) held.set(heldPath(fd), fd);
    return fd;
  }

  async function findAndHold(root: string, names: readonly string[]): Promise<number | undefined> {
    const since = performance.now();
    const isLocal = (await mayBlock?.of(root)) === 'local';
    found.set(root, { since, isLocal });
    return isLocal ? holdNow(root, names) : undefined;
  }

  function openNow(place: string): Opened {
    const [fd, name] = partsOf(place);
    return fd === undefined ? undefined : calls?.openCached(fd, name, toLook);
  }

  async function open(place: string): Promise<Opened> {
    const [fd, name] = partsOf(place);
    if (fd === undefined) return undefined;
    return calls?.openCached(fd, name, toLook) ?? calls?.openOnPool(fd, name, toLook);
  }

  function withoutWriter(found: number): boolean {
    const fd = openSync(heldPath(found), constants.O_RDONLY);
    try {
      return calls?.hasNoWriter(fd) ?? false;
    } finally {
      closeSync(fd);
    }
  }

  /** The held directory and the name of `/proc/self/fd/7/name`. */
  function partsOf(place: string): readonly [number | undefined, string] {
    const end = place.lastIndexOf('/');
    return [held.get(place.slice(0, end)), place.slice(end + 1)];
  }

  return {
    hold(root, names) {
      // They are of images on local file systems.
      if (detachedRoots.has(root)) return holdNow(root, names);
      const known = found.get(root);
      if (known === undefined || performance.now() - known.since >= believed) return findAndHold(root, names);
      return known.isLocal ? holdNow(root, names) : undefined;
    },
    release(fd) {
      const own = opened.get(fd);
      if (own !== undefined) closeSync(own.fd);
      opened.delete(fd);
      held.delete(heldPath(fd));
      closeSync(fd);
    },
    isHeld: (path) => held.has(path),
    toSync(path) {
      const fd = held.get(path);
      if (fd === undefined) return undefined;
      const known = opened.get(fd) ?? openToSync(path);
      opened.set(fd, known);
      return known;
    },
    open,
    facts: async (place) => factsOf(await open(place)),
    read: (fd, bytes, offset) => calls?.readCached(fd, bytes, offset) ?? false,
    hasNoWriter(place) {
      const found = openNow(place);
      if (typeof found !== 'number') return false;
      try {
        return fstatSync(found).isFile() && withoutWriter(found);
      } finally {
        closeSync(found);
      }
    },
    stat: (place) => factsOf(openNow(place)),
  };
}

function openBelow(
  root: string,
  names: readonly string[],
  calls: SystemCalls | undefined,
): number | undefined {
  let top: number;
  try {
    top = openSync(root, pathOnly | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
  if (names.length === 0) return top;
  const fd = calls?.openCached(top, names.join('/'), toHold);
  closeSync(top);
  return typeof fd === 'number' ? fd : undefined;
}

function openToSync(path: string): ToSync {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return { fd, identity: `${dev}:${ino}` };
}

function factsOf(fd: Opened): BigIntStats | 'missing' | undefined {
  if (typeof fd !== 'number') return fd;
  try {
    return fstatSync(fd, { bigint: true });
  } finally {
    closeSync(fd);
  }
}
