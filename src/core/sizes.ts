import { quote } from './names.ts';
import { VolumeError } from './volume-error.ts';

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  p: 1024 ** 5,
};

/** Bytes of "10GiB", "10G", "10gb", "512m" or "1073741824" (units are powers of 1024). Throws `invalid`. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text.trim());
  const bytes = match ? Number(match[1]) * (units[(match[2] ?? '').toLowerCase()] ?? Number.NaN) : Number.NaN;
  if (!Number.isSafeInteger(Math.floor(bytes)) || bytes < 1) {
    throw new VolumeError(
      'invalid',
      `The size ${quote(text)} is not a size: write it as 10GiB, 512MiB or a number of bytes.`,
    );
  }
  return Math.floor(bytes);
}

/** "10GiB" for 10737418240: the largest unit that shows it exactly, so that parseSize gives the same back. */
export function formatSize(bytes: number): string {
  for (const unit of ['p', 't', 'g', 'm', 'k']) {
    const size = units[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit.toUpperCase()}iB`;
  }
  return `${bytes}`;
}
