import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that a device which nothing mounts any more has to go. */
const patience = 3_000;

/**
 * How many loop devices have a file that fits. The kernel detaches one only after the last of those who have it open lets
 * go, and whoever looks at it meanwhile (another test, udev) is one of them: what nothing mounts here is waited for.
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
