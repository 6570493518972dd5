import { lstat, mkdir, rename, rm, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VolumeError } from '../core/volume-error.ts';

/** A server that listens on a Unix socket. */
export interface Listening {
  readonly path: string;
  /** Takes no new calls, lets those under way finish, and removes the socket if it is still ours. */
  close(): Promise<void>;
}

/** Waiting connections: an engine's start asks for every known volume at once, and a full queue refuses (EAGAIN). */
const backlog = 4096;
/** Of sockaddr_un, see unix(7), less what is appended while it is made. */
const longestPath = 107 - '.new'.length;
/** Milliseconds a probe waits for whoever may listen on a socket that exists already. */
const probePatience = 1_000;
/** Milliseconds between two probes of one that should end. */
const probeInterval = 100;
/** Milliseconds calls under way have to finish when the server closes. */
const closePatience = 5_000;

/**
 * Listens on a Unix socket with mode 0600. A socket file that nobody answers on is replaced; one that somebody answers
 * on, still after `patience` in milliseconds, or a file that is no socket, is left alone: throws `conflict`.
 */
export async function listenOnPath(server: Server, path: string, patience = 0): Promise<Listening> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new VolumeError(
      'invalid',
      `The socket path ${path} is too long: Linux takes ${longestPath} bytes.`,
    );
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await removeStaleSocket(path, patience);
  // Bound under another name: Node removes the name it bound when the server closes, whoever listens there by then.
  const bound = `${path}.new`;
  await unlink(bound).catch(() => undefined);
  await listen(server, (listening) => server.listen({ path: bound, backlog }, listening));
  const inode = (await lstat(bound)).ino;
  await rename(bound, path);
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
  await listen(server, (listening) => server.listen({ fd: descriptor }, listening));
  return { path, close: () => closeServer(server) };
}

async function removeStaleSocket(path: string, patience: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new VolumeError('conflict', `${path} exists and is no socket: move it away, then start again.`);
  }
  const deadline = Date.now() + patience;
  while (await answers(path)) {
    if (Date.now() >= deadline) throw stillAnswers(path, patience);
    await pause(probeInterval);
  }
  // Whoever answered takes it away himself, if he comes to his end in an orderly way.
  await rm(path, { force: true });
}

function stillAnswers(path: string, patience: number): VolumeError {
  const waited = patience > 0 ? `, and did so for ${patience / 1000} s` : '';
  const message = `Another process answers on ${path}${waited}: stop it first, or choose another path.`;
  return new VolumeError('conflict', message);
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

/** The socket file is made within `begin`, under this umask, so that it never exists with a wider mode. */
function listen(server: Server, begin: (listening: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o177);
    begin(() => {
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
