import { crc32 } from 'node:zlib';

/** Eight hex digits. Shows that a disk or a person changed a string since it was written; it does not protect against malice. */
export function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
