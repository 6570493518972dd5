import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds within which an unmounted device must disappear. */
const patience = 3_000;

/**
 * The number of loop devices with a matching file. The kernel detaches a device only after its last close, and another test or
 * udev may have it open: so devices that are not mounted are waited for.
 */
export async function loopsOf(fits: (file: string) => boolean): Promise<number> {
  for (let waited = 0; ; waited += 10) {
    const devices = readdirSync('/sys/block').filter((device) => fits(backingFile(device)));
    if (devices.every(isMounted) || waited >= patience) return devices.length;
    await sleep(10);
  }
}

function backingFile(device: string): string {
  try {
    return readFileSync(`/sys/block/${device}/loop/backing_file`, 'utf8').trim();
  } catch {
    return '';
  }
}

function isMounted(device: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` /dev/${device} `);
}
