import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { MayBlock } from '../mounts/may-block.ts';
import type { Opened } from '../native/opening.ts';
import type { SystemCalls } from '../system-calls.ts';
import { pathOnly } from './place.ts';

/**
 * Local directories that are held open, and looks into them in the calling thread: a hop to the thread pool takes longer than such a
 * look. Nothing here waits for a disk or a server: what the kernel does not have in memory is left to the pool.
 */
export interface Near {
  /** The open directory; undefined if this needs the pool, or fails: the walk on the pool finds the reason. */
  hold(root: string, names: readonly string[]): Promise<number | undefined>;
  release(fd: number): void;
  /** Whether this is the path of a directory that is held here. */
  isHeld(path: string): boolean;
  /**
   * The file at a place in such a directory, opened by O_PATH: in the calling thread, or in one hop to the pool if the kernel has to ask a
   * disk for it. Undefined if it is in no such directory, is a mount, or cannot be opened: the look on the pool finds the reason.
   */
  open(place: string): Promise<Opened>;
  /** The same for its facts. */
  facts(place: string): Promise<BigIntStats | 'missing' | undefined>;
  /** Fills the bytes from an open local file; false if the kernel does not have all of them in memory. */
  read(fd: number, bytes: Uint8Array, offset: number): boolean;
  /** Facts of a place in such a directory that the kernel has in memory. */
  stat(place: string): BigIntStats | 'missing' | undefined;
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
  const held = new Set<number>();
  /** What each root was last found to be. */
  const found = new Map<string, { readonly since: number; readonly isLocal: boolean }>();

  async function isLocalRoot(root: string): Promise<boolean> {
    // They are of images on local file systems.
    if (detachedRoots.has(root)) return true;
    const since = performance.now();
    const known = found.get(root);
    if (known !== undefined && since - known.since < believed) return known.isLocal;
    const isLocal = (await mayBlock?.of(root)) === 'local';
    found.set(root, { since, isLocal });
    return isLocal;
  }

  function openNow(place: string): Opened {
    const [fd, name] = partsOf(place);
    return held.has(fd) ? calls?.openCached(fd, name, toLook) : undefined;
  }

  async function open(place: string): Promise<Opened> {
    const [fd, name] = partsOf(place);
    if (!held.has(fd)) return undefined;
    return calls?.openCached(fd, name, toLook) ?? calls?.openOnPool(fd, name, toLook);
  }

  return {
    async hold(root, names) {
      if (!(await isLocalRoot(root))) return undefined;
      const fd = holdBelow(root, names, calls);
      if (fd !== undefined) held.add(fd);
      return fd;
    },
    release(fd) {
      held.delete(fd);
      closeSync(fd);
    },
    isHeld: (path) => held.has(partsOf(`${path}/.`)[0]),
    open,
    facts: async (place) => factsOf(await open(place)),
    read: (fd, bytes, offset) => calls?.readCached(fd, bytes, offset) ?? false,
    stat: (place) => factsOf(openNow(place)),
  };
}

function holdBelow(
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

/** Descriptor and name of `/proc/self/fd/7/name`. */
function partsOf(place: string): readonly [number, string] {
  const [, fd, name = ''] = /^\/proc\/self\/fd\/(\d+)\/([^/]+)$/.exec(place) ?? [];
  return [Number(fd ?? -1), name];
}

function factsOf(fd: Opened): BigIntStats | 'missing' | undefined {
  if (typeof fd !== 'number') return fd;
  try {
    return fstatSync(fd, { bigint: true });
  } finally {
    closeSync(fd);
  }
}
