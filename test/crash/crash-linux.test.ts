import { linuxHostUnderTest } from '../host/linux-host-under-test.ts';
import { loopsOf } from '../lab/loop-devices.ts';
import { describeWith } from '../lab/requirements.ts';
import { describeCrashes, type Machine } from './crash-suite.ts';

async function linuxMachine(): Promise<Machine> {
  const { folder, host, cleanUp } = await linuxHostUnderTest('auto');
  return {
    base: folder,
    parts: { host },
    host,
    loops: () => loopsOf((file) => file.startsWith(`${folder}/`)),
    cleanUp,
  };
}

/** Each of the moments with HOLDFAST_CRASH_STRIDE=1; a bounded share of them otherwise. */
const stride = Number(process.env.HOLDFAST_CRASH_STRIDE ?? 3);

describeWith({ root: true, programs: ['mkfs.ext4'] }, 'a daemon that dies on Linux', () => {
  describeCrashes(linuxMachine, stride);
});
