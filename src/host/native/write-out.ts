import type { Callers, Library } from './callers.ts';

/** SYNC_FILE_RANGE_WAIT_BEFORE, SYNC_FILE_RANGE_WRITE and SYNC_FILE_RANGE_WAIT_AFTER of linux/fs.h. */
const written = 1 | 2 | 4;

export interface WriteOut {
  /**
   * On Node's thread pool: the file's content is on its way to the disk when this resolves, but nothing is durable (sync_file_range(2)).
   * Rejects with the disk's error, which a later fsync(2) may not repeat.
   */
  writeOut(fd: number, path: string): Promise<void>;
}

export function writingOut(library: Library, { onPool }: Callers): WriteOut {
  const syncFileRange = library.func('sync_file_range', 'int', ['int', 'int64', 'int64', 'uint']);
  return {
    writeOut: async (fd, path) => void (await onPool(syncFileRange, path, [fd, 0, 0, written])),
  };
}
