import { readdirSync, readFileSync } from 'node:fs';
import { linuxHostUnderTest } from '../host/linux-host-under-test.ts';
import { describeWith } from '../lab/requirements.ts';
import { describeCrashes, type Machine } from './crash-suite.ts';

async function linuxMachine(): Promise<Machine> {
  const { folder, host, cleanUp } = await linuxHostUnderTest('auto');
  return { base: folder, parts: { host }, host, loops: async () => loopsBelow(folder), cleanUp };
}

function loopsBelow(folder: string): number {
  return readdirSync('/sys/block').filter((device) => {
    try {
      return readFileSync(`/sys/block/${device}/loop/backing_file`, 'utf8').startsWith(`${folder}/`);
    } catch {
      return false;
    }
  }).length;
}

/** Each of the moments with HOLDFAST_CRASH_STRIDE=1; a bounded share of them otherwise. */
const stride = Number(process.env.HOLDFAST_CRASH_STRIDE ?? 3);

describeWith({ root: true, programs: ['mkfs.ext4'] }, 'a daemon that dies on Linux', () => {
  describeCrashes(linuxMachine, stride);
});
