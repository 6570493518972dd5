import { givenUp } from '../../shared/until-aborted.ts';

/**
 * Lets one caller at a time work with a disk of this host: a detach in the background must never overlap with a mount.
 */
export interface DiskTurns {
  /** Waits until the disk is free. Throws `timeout` when the signal is aborted before; `doing` begins its sentence. */
  inTurn<T>(diskId: string, doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** For work that can wait: does nothing if somebody has the disk. */
  ifIdle(diskId: string, work: () => Promise<void>): Promise<void>;
}

export function createDiskTurns(): DiskTurns {
  const held = new Map<string, Promise<unknown>>();

  function hold<T>(diskId: string, work: () => Promise<T>): Promise<T> {
    const result = work();
    const end = result.then(ignore, ignore).then(() => void held.delete(diskId));
    held.set(diskId, end);
    return result;
  }

  return {
    async inTurn(diskId, doing, signal, work) {
      for (let other = held.get(diskId); other !== undefined; other = held.get(diskId)) {
        await givenUp(other, `${doing}: the wait for ${diskId}, which this host is working with`, signal);
      }
      return hold(diskId, work);
    },
    async ifIdle(diskId, work) {
      if (!held.has(diskId)) await hold(diskId, work);
    },
  };
}

function ignore(): void {}
