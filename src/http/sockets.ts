import { lstat, mkdir, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect, type ListenOptions } from 'node:net';
import { dirname } from 'node:path';
import { VolumeError } from '../core/volume-error.ts';

/** A server that listens on a Unix socket. */
export interface Listening {
  readonly path: string;
  /** Takes no new calls, lets those under way finish, and removes the socket if it is still ours. */
  close(): Promise<void>;
}

/** Waiting connections: an engine's start asks for every known volume at once, and a full queue refuses (EAGAIN). */
const backlog = 4096;
/** Of sockaddr_un, see unix(7). */
const longestPath = 107;
/** Milliseconds a probe waits for whoever may listen on a socket that exists already. */
const probePatience = 1_000;
/** Milliseconds calls under way have to finish when the server closes. */
const closePatience = 5_000;

/**
 * Listens on a Unix socket with mode 0600. A socket file that nobody answers on is replaced; one that somebody answers
 * on, or a file that is no socket, is left alone: throws `conflict`.
 */
export async function listenOnPath(server: Server, path: string): Promise<Listening> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new VolumeError(
      'invalid',
      `The socket path ${path} is too long: Linux takes ${longestPath} bytes.`,
    );
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await removeStaleSocket(path);
  await listen(server, { path, backlog }, 0o177);
  const inode = (await lstat(path)).ino;
  return {
    path,
    async close() {
      // First out of sight: an engine that looks for plugins must not find a socket that answers no more.
      if ((await lstat(path).catch(() => undefined))?.ino === inode)
        await unlink(path).catch(() => undefined);
      await closeServer(server);
    },
  };
}

/** Listens on a socket that the service manager opened (systemd's LISTEN_FDS); it stays when the server closes. */
export async function listenOnDescriptor(
  server: Server,
  descriptor: number,
  path: string,
): Promise<Listening> {
  await listen(server, { fd: descriptor }, 0o177);
  return { path, close: () => closeServer(server) };
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new VolumeError('conflict', `${path} exists and is no socket: move it away, then start again.`);
  }
  if (await answers(path)) {
    throw new VolumeError(
      'conflict',
      `Another process answers on ${path}: stop it first, or choose another path.`,
    );
  }
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
    socket.setTimeout(probePatience, () => end(true));
  });
}

function listen(server: Server, options: ListenOptions, umask: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket file is made within this call, so that it never exists with a wider mode.
    const before = process.umask(umask);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(before);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), closePatience);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
