import { readFileSync, statSync } from 'node:fs';
import { quote } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Asked } from './parse-words.ts';

/** The mountpoint as a path of this host. Throws `failed` for a path that Mesos cannot use, as Mesos would not say why. */
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
  if (!answered.startsWith('/')) throw unusable(`its mountpoint ${quote(answered)} is not an absolute path`);
  // Mesos trims what it reads.
  if (printable(answered) !== answered || answered !== answered.trim()) {
    throw unusable(
      `its mountpoint ${quote(answered)} cannot be passed to Mesos, which reads one line of plain text`,
    );
  }
  const place = hostPath(answered);
  if (isMounted(place, mountTable) || statSync(place, { throwIfNoEntry: false })?.isDirectory()) return place;
  throw unusable(`its mountpoint ${quote(place)} is not a directory of this host`);
}

/** The kernel's table is read first: looking at the directory itself would wait for a server that hangs. */
function isMounted(place: string, mountTable: string): boolean {
  const escaped = place.replace(/[ \\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const table = readFileSync(mountTable, 'utf8');
  return (
    table.includes(` ${escaped} `) && table.split('\n').some((line) => line.split(' ', 5)[4] === escaped)
  );
}
