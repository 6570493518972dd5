import { readFileSync, statSync } from 'node:fs';
import { quote } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Asked } from './parse-words.ts';

/** The mountpoint as this host has it. Throws `failed` for one that Mesos could not use: all it would say is that it failed. */
export function requireMountpoint(
  answered: string,
  { driver, volume }: Asked,
  hostPath: (path: string) => string,
  mountTable: string,
): string {
  const unusable = (why: string): VolumeError =>
    new VolumeError(
      'failed',
      `Driver ${driver} mounted volume ${volume}, but ${why}: its daemon is at fault.`,
    );
  if (answered === '') throw unusable('named no mountpoint');
  if (!answered.startsWith('/')) throw unusable(`its mountpoint ${quote(answered)} is no absolute path`);
  // Mesos trims what it reads.
  if (/\p{Cc}/u.test(answered) || answered !== answered.trim()) {
    throw unusable(
      `its mountpoint ${quote(answered)} cannot be told to Mesos, which reads one line of plain text`,
    );
  }
  const place = hostPath(answered);
  if (isMounted(place, mountTable) || statSync(place, { throwIfNoEntry: false })?.isDirectory()) return place;
  throw unusable(`its mountpoint ${quote(place)} is no directory of this host`);
}

/** Asked of the kernel first: a look at the directory itself would wait for a server that hangs. */
function isMounted(place: string, mountTable: string): boolean {
  const escaped = place.replace(/[ \\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const table = readFileSync(mountTable, 'utf8');
  return (
    table.includes(` ${escaped} `) && table.split('\n').some((line) => line.split(' ', 5)[4] === escaped)
  );
}
