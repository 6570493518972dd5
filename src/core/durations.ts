import { quote } from './names.ts';
import { VolumeError } from './volume-error.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of "500ms", "30s", "10m", "24h" or "7d". Throws `invalid`. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  const milliseconds = match ? Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
  if (!Number.isSafeInteger(Math.round(milliseconds))) {
    throw new VolumeError('invalid', `${quote(text)} is not a duration: write it as 30s, 10m, 24h or 7d.`);
  }
  return Math.round(milliseconds);
}
