import { constants, write as writeFile, writeSync } from 'node:fs';
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { AppendLog } from '../host.ts';

/**
 * Appends during a write are combined into the next write. There is no fsync, except after a cut: the content of a log is void after a reboot or can
 * be rebuilt, so it only has to survive the daemon, for which the kernel's cache is enough.
 */
export async function openAppendLog(path: string): Promise<AppendLog> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  const file = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  const write = (await isInMemory(path)) ? writeAtOnce : writeOnPool;
  let { size } = await file.stat();
  let waiting: Batch | undefined;
  let writing: Promise<void> = Promise.resolve();

  function startBatch(): Batch {
    const texts: string[] = [];
    const written = writing.then(async () => {
      waiting = undefined;
      size += await writeWhole(file, size, texts.join(''), write);
    });
    // The next batch is written even if this one failed: its own callers get the error.
    writing = written.catch(() => undefined);
    return { texts, written };
  }

  return {
    append: (text) => {
      waiting ??= startBatch();
      waiting.texts.push(text);
      return waiting.written;
    },
    cut: async (bytes) => {
      // What is appended from now on comes after the cut.
      waiting = undefined;
      const done = writing.then(async () => {
        await file.truncate(bytes);
        await file.datasync();
        size = bytes;
      });
      writing = done.catch(() => undefined);
      await done;
    },
    close: async () => {
      await writing;
      await file.close();
    },
  };
}

interface Batch {
  readonly texts: string[];
  readonly written: Promise<void>;
}

/** Returns the number of bytes written. */
type Write = (file: FileHandle, bytes: Buffer, from: number) => number | Promise<number>;

/** In the calling thread, for files in memory: a detour over the thread pool costs ten times the write. */
const writeAtOnce: Write = (file, bytes, from) => writeSync(file.fd, bytes, from);
const writing = promisify(writeFile);
const writeOnPool: Write = async ({ fd }, bytes, from) => (await writing(fd, bytes, from)).bytesWritten;

/** TMPFS_MAGIC of linux/magic.h. */
const tmpfsMagic = 0x01021994;

async function isInMemory(path: string): Promise<boolean> {
  return (await statfs(path)).type === tmpfsMagic;
}

/** Writes all of the text or none: a partial line (disk full) would corrupt the following one. */
async function writeWhole(file: FileHandle, end: number, text: string, write: Write): Promise<number> {
  const bytes = Buffer.from(text);
  try {
    for (let done = 0; done < bytes.length; ) done += await write(file, bytes, done);
  } catch (error) {
    await file.truncate(end).catch(() => undefined);
    throw error;
  }
  return bytes.length;
}
