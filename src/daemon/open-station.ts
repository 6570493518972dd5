import { createServer } from 'node:http';
import type { Environment } from '../config/environment.ts';
import { wordsOf } from '../core/error-words.ts';
import type { Log } from '../core/log.ts';
import { VolumeError } from '../core/volume-error.ts';
import { createFileLocks } from '../host/files/lock-file.ts';
import type { Host } from '../host/host.ts';
import { createLinuxHost } from '../host/linux-host.ts';
import { type Listening, type ListenParts, listenOnPath } from '../http/sockets.ts';
import type { OpeningParts } from './drivers/open.ts';

export interface Station {
  readonly host: Host;
  readonly takeLock: ListenParts['takeLock'];
  close(): Promise<void>;
}

/**
 * Milliseconds that a managed plugin waits for its predecessor: an engine may start a plugin before the old process has ended.
 * Shorter than the engine's own timeout, so that the engine receives the error.
 */
const predecessorPatience = 5_000;

/**
 * Opens the host (wrapped by `as`) and locks the state and the ledger. Throws `conflict` if another daemon uses them, and
 * `failed` if another user may write to them.
 */
export async function openStation(
  { configuration: { stateDir, runtimeDir }, log }: Pick<OpeningParts, 'configuration' | 'log'>,
  mode: Environment['mode'],
  as = (host: Host): Host => host,
): Promise<Station> {
  const host = as(await createLinuxHost({ systemCalls: 'auto' }));
  const patience = mode === 'managed' ? predecessorPatience : 0;
  const takeLock = await createFileLocks('auto');
  const locks: Listening[] = [];
  const unlock = async () => {
    for (const lock of locks) await lock.close();
  };
  try {
    for (const directory of new Set([stateDir, runtimeDir])) {
      // First of all: even the lock file is opened only after this.
      await makePrivate(host, log, directory);
      const server = createServer((_, response) => response.end());
      locks.push(await listenOnPath(server, `${directory}/daemon.lock`, { takeLock, log, patience }));
    }
  } catch (error) {
    await unlock();
    await host.close();
    throw error;
  }
  return {
    host,
    takeLock,
    async close() {
      await host.close();
      await unlock();
    },
  };
}

/** Throws `failed` for a directory of the configuration that cannot be used. */
async function makePrivate({ files }: Host, log: Log, path: string): Promise<void> {
  const mode = await files.makePrivateDirectory(path).catch((cause) => {
    if (cause instanceof VolumeError) throw cause;
    const message = `The directory ${path} of the configuration cannot be used: ${wordsOf(cause)}. Choose another one, or move away what is in its place.`;
    throw new VolumeError('failed', message, { cause });
  });
  if (mode !== undefined) log.write('warn', 'directory-narrowed', { path, mode });
}

export async function makeMountRoot(
  host: Host,
  { configuration: { mountRoot }, log }: Pick<OpeningParts, 'configuration' | 'log'>,
): Promise<void> {
  await makePrivate(host, log, mountRoot);
  await host.mounts.makeMountRoot(mountRoot);
}
