import { crc32 } from 'node:zlib';

/** Eight hex digits. Shows that a disk or a person changed a string since it was written; it does not protect against malice. */
export function checksum(text: string): string {
  return digits(crc32(text));
}

/** The checksum of a text that grows: `before` is that of its beginning, '' of none. */
export function checksumOn(before: string, text: string): string {
  return digits(crc32(text, Number.parseInt(before || '0', 16)));
}

function digits(value: number): string {
  return value.toString(16).padStart(8, '0');
}
