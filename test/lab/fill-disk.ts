import { appendFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Uses all blocks of the folder's file system: large files first, then small ones. */
export function takeBlocks(filler: string): void {
  for (const bytes of [1 << 20, 4096])
    untilFull(() => appendFileSync(join(filler, 'blocks'), Buffer.alloc(bytes)));
  untilFull((at) => writeFileSync(join(filler, `${at}`), 'x'));
}

/** Uses all inodes, but leaves free blocks. */
export function takeInodes(filler: string): void {
  untilFull((at) => writeFileSync(join(filler, `${at}`), ''));
  if (statfsSync(filler).bavail === 0) throw new Error('the blocks ended before the inodes did');
}

function untilFull(write: (at: number) => void): void {
  for (let at = 0; ; at += 1) {
    try {
      write(at);
    } catch (error) {
      if (Object(error).code === 'ENOSPC') return;
      throw error;
    }
  }
}
