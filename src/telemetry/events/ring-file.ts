import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';

/** Lines on disk, with the oldest dropped: a full file is renamed, and replaces the one before it. */
export interface RingFile {
  /** Appends all or nothing. Rejects with the system's error. One append at a time. */
  append(lines: readonly string[]): Promise<void>;
  /** The oldest first. An unreadable file counts as empty. */
  read(): Promise<readonly string[]>;
}

export interface RingSettings {
  /** The renamed file is `PATH.1`. The directory must exist, and only Holdfast may write to it. */
  readonly path: string;
  /** Size of each of the two files, in bytes. */
  readonly most: number;
}

/** Does not follow a symlink, and does not wait for the reader of a FIFO. */
const safely = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const toAppend = safely | constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

export function createRingFile({ path, most }: RingSettings): RingFile {
  const aside = `${path}.1`;
  return {
    async append(lines) {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const isFull = await withFile(path, toAppend, async (file) => {
        const { size } = await file.stat();
        // A line that a crash cut off must not damage the next one; readers skip an empty line.
        await appendWhole(file, size, size === 0 ? bytes : Buffer.concat([Buffer.from('\n'), bytes]));
        return size + bytes.length >= most;
      });
      if (isFull) await rename(path, aside);
    },
    read: async () => [...(await readLines(aside, most)), ...(await readLines(path, most))],
  };
}

async function withFile<T>(path: string, flags: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    const facts = await file.stat();
    if (facts.isFile() && facts.nlink === 1) return await work(file);
    throw new Error(`${path} is not a file of Holdfast alone: move it away`);
  } finally {
    await file.close();
  }
}

async function appendWhole(file: FileHandle, end: number, bytes: Buffer): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
  } catch (error) {
    await file.truncate(end).catch(() => undefined);
    throw error;
  }
}

/** The end of the file; reads at most twice `most`, however large the file is. */
async function readLines(path: string, most: number): Promise<readonly string[]> {
  try {
    return await withFile(path, constants.O_RDONLY | safely, async (file) => {
      const { size } = await file.stat();
      const length = Math.min(size, 2 * most);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead).split('\n');
    });
  } catch {
    return [];
  }
}
