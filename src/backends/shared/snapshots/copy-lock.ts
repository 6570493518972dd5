import { VolumeError } from '../../../core/volume-error.ts';
import { givenUp } from '../until-aborted.ts';

/** Lets one host at a time make and delete copies of a volume's data. */
export interface HostLock {
  /**
   * Runs the work while no other host has the lock of any of these volumes, given by their IDs. Throws `in-use` if one has. The
   * signal that the work gets also aborts when the lock is lost. Work of this process shares the lock.
   */
  hold<T>(
    volumeIds: readonly string[],
    doing: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Deletes locks of hosts that died. */
  sweep(signal: AbortSignal): Promise<void>;
}

export interface CopyLock extends HostLock {
  /** Does nothing while anybody has the lock, also in this process. Who wants it meanwhile waits for the end. */
  ifIdle(
    volumeId: string,
    doing: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void>;
}

/** For a storage that only this host has. */
export const noOtherHosts: HostLock = {
  hold: (_ids, _doing, signal, work) => work(signal),
  sweep: async () => undefined,
};

export function createCopyLock(lock: HostLock): CopyLock {
  const users = new Map<string, number>();
  const alone = new Map<string, Promise<void>>();
  const count = (id: string, change: 1 | -1) => {
    const left = (users.get(id) ?? 0) + change;
    if (left === 0) users.delete(id);
    else users.set(id, left);
  };
  return {
    ...lock,
    async hold(ids, doing, signal, work) {
      const others = () => ids.flatMap((id) => alone.get(id) ?? []);
      for (let [other] = others(); other !== undefined; [other] = others())
        await givenUp(other, `${doing}: the wait until what an interrupted copy left is deleted`, signal);
      for (const id of ids) count(id, 1);
      try {
        return await lock.hold(ids, doing, signal, work);
      } finally {
        for (const id of ids) count(id, -1);
      }
    },
    async ifIdle(id, doing, signal, work) {
      if (users.has(id) || alone.has(id)) return;
      const done = lock.hold([id], doing, signal, work).catch((error) => {
        // Another host has it.
        if (!(error instanceof VolumeError) || error.code !== 'in-use') throw error;
      });
      const end = done.catch(() => undefined).then(() => void alone.delete(id));
      alone.set(id, end);
      await done;
    },
  };
}
