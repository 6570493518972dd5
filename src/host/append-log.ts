import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { AppendLog } from './host.ts';

/**
 * Appends that come while a write is under way go out together in the next one. There is no fsync: what is kept in a log
 * is void after a reboot, or can be had again, so it only has to survive the daemon, and the kernel keeps it for that.
 */
export async function openAppendLog(path: string): Promise<AppendLog> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  let { size } = await file.stat();
  let waiting: Batch | undefined;
  let writing: Promise<void> = Promise.resolve();

  function startBatch(): Batch {
    const texts: string[] = [];
    const written = writing.then(async () => {
      waiting = undefined;
      size += await writeAt(file, size, texts.join(''));
    });
    // The next batch goes ahead whatever became of this one: its own callers hear of that.
    writing = written.catch(() => undefined);
    return { texts, written };
  }

  return {
    append: (text) => {
      waiting ??= startBatch();
      waiting.texts.push(text);
      return waiting.written;
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

/** All of the text or none: a part of a line (the disk is full) would spoil the one after it. */
async function writeAt(file: FileHandle, end: number, text: string): Promise<number> {
  const bytes = Buffer.from(text);
  try {
    for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
  } catch (error) {
    await file.truncate(end).catch(() => undefined);
    throw error;
  }
  return bytes.length;
}
