import { join } from 'node:path';
import { VolumeError } from '../../../../core/volume-error.ts';
import type { FilesBelow } from '../../../../host/host.ts';
import type { HostLock } from '../../snapshots/copy-lock.ts';
import { type Lease, type LeaseParts, openLease } from './lease.ts';

export interface HostLockParts extends Omit<LeaseParts, 'files'> {
  readonly files: FilesBelow;
  /** Where the copies are. */
  readonly directory: string;
}

const suffix = '.lock';

/** Locks of a share: one lease per volume, beside its directory of copies. */
export function createHostLock(parts: HostLockParts): HostLock {
  const { files, directory } = parts;
  const held = new Map<string, Held>();
  const ending = new Map<string, Promise<void>>();
  const takeLease = openLease(parts);

  async function take(id: string): Promise<Lease> {
    await ending.get(id);
    // The owner stays as the server sets it.
    await files.createDirectory(directory, { uid: -1, gid: -1, mode: 0o700 });
    return takeLease(join(directory, `${id}${suffix}`));
  }

  async function enter(id: string): Promise<Lease> {
    const found = held.get(id) ?? { users: 0, lease: take(id) };
    held.set(id, found);
    found.users += 1;
    try {
      return await found.lease;
    } catch (error) {
      if (held.get(id) === found) held.delete(id);
      throw error;
    }
  }

  async function leave(id: string): Promise<void> {
    const found = held.get(id);
    if (found === undefined) return;
    found.users -= 1;
    if (found.users > 0) return;
    held.delete(id);
    // If this fails, the next call of this host takes it over.
    const end = found.lease.then((lease) => lease.end()).catch(() => undefined);
    ending.set(id, end);
    await end.finally(() => ending.delete(id));
  }

  const hold: HostLock['hold'] = async (ids, doing, signal, work) => {
    const entered: string[] = [];
    const lost: AbortSignal[] = [];
    try {
      // In one order on all hosts.
      for (const id of [...new Set(ids)].sort()) {
        const lease = await enter(id).catch((error) => {
          throw error instanceof VolumeError
            ? new VolumeError(error.code, `${doing}: ${error.message}`)
            : error;
        });
        entered.push(id);
        lost.push(lease.lost);
      }
      return await work(AbortSignal.any([signal, ...lost]));
    } catch (error) {
      if (!lost.some(({ aborted }) => aborted)) throw error;
      const message = `${doing}: this host did not reach the share for minutes, so another one may have taken over: retry.`;
      throw new VolumeError('unavailable', message, { cause: error });
    } finally {
      for (const id of entered) await leave(id);
    }
  };

  return {
    hold,
    async sweep(signal) {
      for (const name of (await files.list(directory)) ?? []) {
        const id = name.slice(0, -suffix.length);
        if (!name.endsWith(suffix) || held.has(id)) continue;
        await hold([id], 'The lock could not be swept', signal, async () => undefined).catch((error) => {
          if (!(error instanceof VolumeError) || error.code !== 'in-use') throw error;
        });
      }
    },
  };
}

interface Held {
  users: number;
  readonly lease: Promise<Lease>;
}
