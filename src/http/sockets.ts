import { createServer, type Server as Door } from 'node:net';
import type { Log } from '../core/log.ts';
import { asVolumeError } from '../core/volume-error.ts';
import { createSocketPlace, type SocketPlace, type TakeLock } from './socket-place.ts';

/** What is served: Node's HTTP server, or any other of connections. */
export interface Server extends Door {
  /** Connections with a call under way stay. */
  closeIdleConnections(): void;
  closeAllConnections(): void;
}

/** A server that listens on a Unix socket. */
export interface Listening {
  readonly path: string;
  /** Accepts no new calls, lets running calls finish, and removes the socket if it is still ours. */
  close(): Promise<void>;
}

export interface ListenParts {
  readonly takeLock: TakeLock;
  readonly log: Log;
  /** Milliseconds that the process on the path has to end; none if absent. */
  readonly patience?: number;
}

/** Milliseconds between two checks that the socket's file is still there. */
const lookInterval = 1_000;
/** Milliseconds that running calls have to finish when the server closes. */
const closePatience = 5_000;
/** Milliseconds between two looks for connections whose calls have finished meanwhile. */
const idleInterval = 50;

/**
 * Listens on a Unix socket with mode 0600, which is bound again when somebody deletes or replaces its file; see
 * `SocketPlace.bind` for what is left alone. Throws `conflict`.
 */
export async function listenOnPath(server: Server, path: string, parts: ListenParts): Promise<Listening> {
  const place = createSocketPlace(path, parts.takeLock);
  try {
    await place.bind(server, parts.patience ?? 0);
  } catch (error) {
    await place.release();
    throw error;
  }
  return keepListening(server, path, place, parts);
}

/**
 * Listens on a socket that the service manager opened (systemd's LISTEN_FDS); it stays when the server closes. Where `path`
 * names its file, it is bound again as well.
 */
export async function listenOnDescriptor(
  server: Server,
  descriptor: number,
  path: string,
  parts: ListenParts,
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd: descriptor }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const place = createSocketPlace(path, parts.takeLock);
  await place.adopt();
  return keepListening(server, path, place, parts);
}

function keepListening(server: Server, path: string, place: SocketPlace, { log }: ListenParts): Listening {
  // Without a listener it would end the process.
  server.on('error', (error) => log.write('error', 'socket-failed', { path, error }));
  const keeper = keepBound(server, path, place, log);
  return {
    path,
    async close() {
      await keeper.stop();
      // A clean shutdown removes its own socket first: an engine must not find one that no longer answers.
      await place.remove();
      await closeServer(server);
      await keeper.close();
      await place.release();
    },
  };
}

interface Keeper {
  /** Nothing is bound after that. */
  stop(): Promise<void>;
  /** To be called once the server's connections are closed. */
  close(): Promise<void>;
}

/**
 * Keeps the socket's file. A server can listen only once, so a later socket is a door that hands its connections to the server.
 */
function keepBound(server: Server, path: string, place: SocketPlace, log: Log): Keeper {
  const doors: Door[] = [];
  let looking: Promise<void> | undefined;
  let reason = '';

  async function look(): Promise<void> {
    if (await place.isOurs()) return;
    const door = createServer({ allowHalfOpen: true }, (socket) => server.emit('connection', socket));
    try {
      await place.bind(door, 0);
      door.on('error', (error) => log.write('error', 'socket-failed', { path, error }));
      doors.at(-1)?.close();
      doors.push(door);
      reason = '';
      log.write('warn', 'socket-restored', { path });
    } catch (thrown) {
      const error = asVolumeError(thrown, `The socket ${path} could not be bound again`);
      if (error.message !== reason) log.write('error', 'socket-lost', { path, error });
      reason = error.message;
    }
  }

  const timer = setInterval(async () => {
    if (looking !== undefined || !place.isKnown()) return;
    looking = look();
    await looking;
    looking = undefined;
  }, lookInterval);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
    async close() {
      await Promise.all(doors.map((door) => new Promise((closed) => door.close(closed))));
    },
  };
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), closePatience);
    // A connection becomes idle when its call ends, and its client, such as an engine, keeps it open.
    const idle = setInterval(() => server.closeIdleConnections(), idleInterval);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}
