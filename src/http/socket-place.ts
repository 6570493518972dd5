import { lstat, mkdir, rename, rm, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VolumeError } from '../core/volume-error.ts';

/** A lock that one process has at a time: see `host/files/lock-file.ts`. */
interface Lock {
  isWhole(): Promise<boolean>;
  release(): Promise<void>;
}

/** Undefined while another process has it. */
export type TakeLock = (path: string) => Promise<Lock | undefined>;

/** The path of a Unix socket, which one process has at a time. */
export interface SocketPlace {
  /**
   * Binds a server there, with mode 0600. A socket file that nobody answers on is replaced. Throws `conflict`, and leaves the
   * file alone, if it is not a socket, or if another process still answers on it or has its lock after `patience` milliseconds.
   */
  bind(server: Server, patience: number): Promise<void>;
  /** Whether a socket was bound, or found at `adopt`. */
  isKnown(): boolean;
  /** Whether the file there is still the socket that was bound last, or that was found at `adopt`. */
  isOurs(): Promise<boolean>;
  /** Takes over the socket that the service manager bound for this process. */
  adopt(): Promise<void>;
  /** Removes the socket if it was bound here, and is still there. */
  remove(): Promise<void>;
  /** Releases the path to other processes. */
  release(): Promise<void>;
}

/** Waiting connections: an engine's start asks for every known volume at once, and a full queue refuses (EAGAIN). */
const backlog = 4096;
/** The limit of sockaddr_un, see unix(7), less what is appended while the socket is made. */
const longestPath = 107 - '.new'.length;
/** Milliseconds that a probe waits for a process that may listen on an existing socket. */
const probePatience = 1_000;
/** Milliseconds between two probes of a process that should end. */
const probeInterval = 100;

export function createSocketPlace(path: string, takeLock: TakeLock): SocketPlace {
  let lock: Lock | undefined;
  let inode: number | undefined;
  let isBound = false;
  const inodeThere = async () => (await lstat(path).catch(() => undefined))?.ino;
  const isOurs = async () => inode !== undefined && (await inodeThere()) === inode;

  async function release(): Promise<void> {
    await lock?.release();
    lock = undefined;
  }

  return {
    isKnown: () => inode !== undefined,
    isOurs,
    release,
    async bind(server, patience) {
      checkLength(path);
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      if (lock !== undefined && !(await lock.isWhole())) await release();
      const deadline = Date.now() + patience;
      lock ??= await lockBy(deadline, patience, path, takeLock);
      await removeStaleSocket(path, deadline, patience);
      inode = await bindAt(server, path);
      isBound = true;
    },
    async adopt() {
      inode = await inodeThere();
    },
    async remove() {
      if (isBound && (await isOurs())) await unlink(path).catch(() => undefined);
    },
  };
}

function checkLength(path: string): void {
  if (Buffer.byteLength(path) <= longestPath) return;
  throw new VolumeError('invalid', `The socket path ${path} is too long: Linux takes ${longestPath} bytes.`);
}

/**
 * Two processes that find the same stale socket would remove each other's: the lock decides. Engines ignore files that are not
 * sockets.
 */
async function lockBy(deadline: number, patience: number, path: string, takeLock: TakeLock): Promise<Lock> {
  for (;;) {
    const lock = await takeLock(join(dirname(path), `.${basename(path)}.lock`));
    if (lock !== undefined) return lock;
    if (Date.now() >= deadline) throw occupied(path, patience);
    await pause(probeInterval);
  }
}

async function removeStaleSocket(path: string, deadline: number, patience: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new VolumeError('conflict', `${path} exists and is not a socket: move it away, then start again.`);
  }
  while (await answers(path)) {
    if (Date.now() >= deadline) throw occupied(path, patience);
    await pause(probeInterval);
  }
  // A process that ends cleanly removes its socket by itself.
  await rm(path, { force: true });
}

function occupied(path: string, patience: number): VolumeError {
  const waited = patience > 0 ? `, and did so for ${patience / 1000} s` : '';
  const message = `Another process answers on ${path}${waited}: stop it first, or choose another path.`;
  return new VolumeError('conflict', message);
}

/** Whether a process listens on the socket, or may do so. */
export function answers(path: string): Promise<boolean> {
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

/**
 * Binds under another name first: when the server closes, Node removes the name that it bound, even if another process listens
 * there.
 */
async function bindAt(server: Server, path: string): Promise<number> {
  const bound = `${path}.new`;
  await unlink(bound).catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The call makes the file under this umask, so that it never has a wider mode.
    const before = process.umask(0o177);
    server.listen({ path: bound, backlog }, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(before);
  });
  const { ino } = await lstat(bound);
  await rename(bound, path);
  return ino;
}
