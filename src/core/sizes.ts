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

/**
 * Bytes of "10GiB", "10G", "10gb", "512m" or "1073741824" (units are powers of 1024; `bare`: that of a number without one).
 * Throws `invalid`.
 */
export function parseSize(text: string, bare: 'bytes' | 'GiB' = 'bytes'): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text.trim());
  const bytes = match
    ? Number(match[1]) * (units[unitOf(match[0], match[2], bare)] ?? Number.NaN)
    : Number.NaN;
  if (bytes > Number.MAX_SAFE_INTEGER) {
    throw new VolumeError('invalid', `The size ${quote(text)} is too large: give less than 8PiB.`);
  }
  if (!(bytes >= 1)) {
    throw new VolumeError(
      'invalid',
      `The size ${quote(text)} is not a size: write it as 10GiB, 512MiB or a number of ${bare}.`,
    );
  }
  return Math.floor(bytes);
}

function unitOf(size: string, letter: string | undefined, bare: 'bytes' | 'GiB'): string {
  return bare === 'GiB' && /\d$/.test(size) ? 'g' : (letter ?? '').toLowerCase();
}

/** "10GiB" for 10737418240: the largest unit that shows it exactly, so that parseSize gives the same back. */
export function formatSize(bytes: number): string {
  for (const unit of ['p', 't', 'g', 'm', 'k']) {
    const size = units[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit.toUpperCase()}iB`;
  }
  return `${bytes}`;
}

/** "1.4GiB" for users: at least two digits, rounded down, so that a nearly full volume is not shown as full. */
export function shortSize(bytes: number): string {
  for (const unit of ['p', 't', 'g', 'm', 'k']) {
    const size = units[unit] ?? 1;
    if (bytes < size) continue;
    const count = bytes / size;
    return `${count < 10 ? Math.floor(count * 10) / 10 : Math.floor(count)}${unit.toUpperCase()}iB`;
  }
  return `${Math.floor(bytes)}B`;
}
