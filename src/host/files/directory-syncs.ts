import { closeSync, constants, fstatSync, fsync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Near } from './near.ts';

/** Makes the names in a directory durable, and its own owner and mode. */
export type SyncDirectory = (path: string) => Promise<void>;

const syncFile = promisify(fsync);
const flags = constants.O_RDONLY | constants.O_DIRECTORY;

/** The syncs of one directory: the running one, and the one that starts when it ends. */
interface Turn {
  running?: Promise<void>;
  next?: Promise<void>;
}

/**
 * Callers that come while a local directory is being synced share the next sync: what they did before is in it. Many changes at once
 * then take as many syncs as fit one after the other, not one each.
 */
export function createDirectorySyncs(near: Near): SyncDirectory {
  const share = shareTurns();
  return async (path) => {
    if (!near.isHeld(path)) return syncOnPool(path);
    const fd = openSync(path, flags);
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true });
      await share(`${dev}:${ino}`, () => syncFile(fd));
    } finally {
      closeSync(fd);
    }
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

export async function syncOnPool(path: string): Promise<void> {
  const directory = await open(path, flags);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
