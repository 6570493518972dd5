import { gzipSync } from 'node:zlib';

/** A regular file of an archive. Names are ours: short, in ASCII. */
export interface ArchiveFile {
  readonly name: string;
  readonly text: string;
}

const block = 512;

/** A compressed ustar archive (POSIX.1). Only their owner can read its files. `time` is in milliseconds since the epoch. */
export function tarGz(files: readonly ArchiveFile[], time: number): Buffer {
  const entries = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text);
    return [header(name, content.length, time), content, Buffer.alloc(-content.length & (block - 1))];
  });
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * block)]));
}

function header(name: string, size: number, time: number): Buffer {
  const made = Buffer.alloc(block);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  made.write(name, 0, 100);
  made.write(octal(0o600, 8), 100);
  made.write(octal(0, 8), 108);
  made.write(octal(0, 8), 116);
  made.write(octal(size, 12), 124);
  made.write(octal(Math.floor(time / 1000), 12), 136);
  // The checksum is computed with a blank checksum field.
  made.write('        ', 148);
  made.write('0', 156);
  made.write('ustar\x0000', 257);
  const sum = made.reduce((total, byte) => total + byte, 0);
  made.write(`${octal(sum, 7)} `, 148);
  return made;
}
