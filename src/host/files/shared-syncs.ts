import { closeSync, constants, fstatSync, fsync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Near } from './near.ts';

/** Makes the names in a directory durable, and its own owner and mode. */
export type SyncDirectory = (path: string) => Promise<void>;

export interface SharedSyncs {
  /** The path may be that of a directory that is held open. */
  readonly syncDirectory: SyncDirectory;
  /** The same of a place in another directory, or of a file: makes its content durable. Does not follow a symlink. */
  sync(place: string): Promise<void>;
}

const syncOpened = promisify(fsync);
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY;
/** Even a FIFO is opened without waiting. */
const placeFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The syncs of one directory: the running one, and the one that starts when it ends. */
interface Turn {
  running?: Promise<void>;
  next?: Promise<void>;
}

/**
 * Callers that come while a local directory is being synced share the next sync: what they did before is in it. Many changes at once
 * then take as many syncs as fit one after the other, not one each.
 */
export function createSharedSyncs(near: Near): SharedSyncs {
  const share = shareTurns();

  async function syncNear(path: string): Promise<void> {
    const fd = openSync(path, placeFlags);
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true });
      await share(`${dev}:${ino}`, () => syncOpened(fd));
    } finally {
      closeSync(fd);
    }
  }

  return {
    async syncDirectory(path) {
      const held = near.toSync(path);
      return held === undefined ? syncOnPool(path) : share(held.identity, () => syncOpened(held.fd));
    },
    sync: (place) => (near.isHeld(dirname(place)) ? syncNear(place) : syncOnPool(place, placeFlags)),
  };
}

/** Runs one sync of a directory (`key`) at a time, for all that asked before it began. */
export function shareTurns(): (key: string, sync: () => Promise<void>) => Promise<void> {
  const turns = new Map<string, Turn>();

  function begin(key: string, turn: Turn, sync: () => Promise<void>): Promise<void> {
    delete turn.next;
    turn.running = sync().finally(() => {
      delete turn.running;
      if (turn.next === undefined) turns.delete(key);
    });
    return turn.running;
  }

  return (key, sync) => {
    const turn = turns.get(key) ?? {};
    turns.set(key, turn);
    if (turn.running === undefined) return begin(key, turn, sync);
    turn.next ??= turn.running.catch(() => undefined).then(() => begin(key, turn, sync));
    return turn.next;
  };
}

export async function syncOnPool(path: string, flags = directoryFlags): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
