import { readSync } from 'node:fs';
import type { Sums } from './checksum.ts';

/** Where the process that does a call of `Trees` hears how far it may read: eight bytes, a number, for each later limit. */
export const paceFd = 4;

/** Waits, after so many more bytes were read, until it may go on. */
export type Wait = (bytes: number) => void;

/** Waits with each piece of a file. */
export function paced(sums: Sums, wait: Wait): Sums {
  return () => {
    const { add, end } = sums();
    return {
      add(bytes) {
        add(bytes);
        wait(bytes.length);
      },
      end,
    };
  };
}

/** In the calling thread. `first`: bytes that may be read at once. Throws if whoever sets the limits is gone. */
export function pacedBy(fd: number, first: number): Wait {
  let [read, limit] = [0, first];
  const heard = Buffer.alloc(8);
  return (bytes) => {
    read += bytes;
    while (read > limit) limit = hear(fd, heard);
  };
}

function hear(fd: number, words: Buffer): number {
  for (let length = 0; length < words.length; ) {
    const more = readSync(fd, words, length, words.length - length, null);
    if (more === 0) throw new Error('nobody says how far the files may be read');
    length += more;
  }
  return words.readDoubleLE();
}

/** What `pacedBy` hears. */
export function paceWord(limit: number): Buffer {
  const word = Buffer.alloc(8);
  word.writeDoubleLE(limit);
  return word;
}
