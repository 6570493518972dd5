import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** Milliseconds before a write is retried; doubled up to the longest. */
const shortestPause = 20;
const longestPause = 1_000;

/**
 * A stream on this process's stdout or stderr that never blocks the process, even if the terminal is stopped (Ctrl-S), a pipe
 * is full, the reader is gone, or the disk is full. Data that cannot be written waits in order and is retried forever;
 * `writableLength` says how much is waiting. `usual` makes Node's own stream, used if the output cannot be opened a second time:
 * Node does not block on sockets (journald) and pipes, but it does on terminals and files.
 */
export function unblockedOutput(descriptor: number, usual: () => Writable): Writable {
  // Regular files have no non-blocking mode. Their position is shared with other writers, such as the shell that redirected them.
  if (isFile(descriptor)) return streamOn(descriptor, onPool);
  const own = openAgain(descriptor);
  return own === undefined ? usual() : streamOn(own, atOnce);
}

/** Resolves when the streams have written their buffers, or after `patience` milliseconds. */
export async function passedOn(streams: readonly Writable[], patience: number): Promise<void> {
  const each = streams.map((stream) => new Promise<void>((done) => stream.write('', () => done())));
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((done) => {
    timer = setTimeout(done, patience);
  });
  await Promise.race([Promise.all(each), over]);
  clearTimeout(timer);
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

/** A second open file description has its own flags, so other writers are not affected. */
function openAgain(descriptor: number): number | undefined {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** Calls back with the number of bytes written: 0 after any failure. */
type Put = (descriptor: number, bytes: Buffer, taken: (count: number) => void) => void;

const atOnce: Put = (descriptor, bytes, taken) => taken(writtenAtOnce(descriptor, bytes));
const onPool: Put = (descriptor, bytes, taken) =>
  write(descriptor, bytes, (error, count) => taken(error ? 0 : count));

function writtenAtOnce(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch {
    return 0;
  }
}

function streamOn(descriptor: number, put: Put): Writable {
  function offer(bytes: Buffer, pause: number, done: () => void): void {
    put(descriptor, bytes, (count) => {
      const next = count > 0 ? shortestPause : Math.min(2 * pause, longestPause);
      if (count === bytes.length) done();
      else setTimeout(offer, pause, bytes.subarray(count), next, done).unref();
    });
  }
  return new Writable({ write: (bytes: Buffer, _, done) => offer(bytes, shortestPause, done) });
}
