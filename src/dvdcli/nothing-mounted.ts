import { readFileSync } from 'node:fs';
import { canBeDriver, findPlugin } from './find-plugin.ts';
import type { Asked } from './parse-words.ts';
import type { Places } from './plugin.ts';

/**
 * Whether there is certainly nothing to unmount: no driver of the name exists, and no mountpoint has the volume's name. A
 * driver that is only away may have mounted it; then the mount is still in the kernel's table.
 */
export async function nothingMounted({ driver, volume }: Asked, places: Places): Promise<boolean> {
  if (driver === '' || volume === '') return true;
  if (canBeDriver(driver) && (await findPlugin(driver, places)) !== undefined) return false;
  return !mayBeMounted(volume, places.mountTable);
}

/** By any part of a mountpoint: drivers mount at `…/NAME`, and some at `…/NAME/data`. */
function mayBeMounted(volume: string, mountTable: string): boolean {
  try {
    const lines = readFileSync(mountTable, 'utf8').split('\n');
    return lines.some((line) =>
      unescaped(line.split(' ', 5)[4] ?? '')
        .split('/')
        .includes(volume),
    );
  } catch {
    return true;
  }
}

/** The kernel writes blanks, line breaks and backslashes in octal, such as `\\040`. */
function unescaped(mountpoint: string): string {
  return mountpoint.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
}
