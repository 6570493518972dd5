import type { FileHandle } from 'node:fs/promises';

/** Closes the file after the work, however that ends. */
export async function withOpened<T>(file: FileHandle, work: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
