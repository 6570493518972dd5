import type { HostUnderTest } from '../contract/host/contract.ts';
import { linuxHostUnderTest } from '../host/linux-host-under-test.ts';
import { loopsOf } from '../lab/loop/devices.ts';
import { mountLoopFileSystem } from '../lab/loop/file-system.ts';
import { describeWith } from '../lab/requirements.ts';
import { protection } from './crash-script.ts';
import { describeCrashes, type Machine } from './crash-suite.ts';

function machineOn({ folder, host, cleanUp }: HostUnderTest): Machine {
  return {
    base: folder,
    parts: { host },
    host,
    loops: () => loopsOf((file) => file.startsWith(`${folder}/`)),
    cleanUp,
  };
}

async function onXfs(): Promise<Machine> {
  const disk = mountLoopFileSystem('xfs', 4 * 2 ** 30);
  const machine = machineOn(await linuxHostUnderTest('auto'));
  const loops = () => loopsOf((file) => file.startsWith(`${disk.path}/`));
  const cleanUp = async () => {
    await machine.cleanUp();
    await disk.remove();
  };
  // Only the volumes are on the disk: killed daemons in this process never close their journals.
  const parts = { ...machine.parts, settings: { root: `${disk.path}/volumes` } };
  return { ...machine, parts, loops, cleanUp };
}

/** HOLDFAST_CRASH_STRIDE=1 kills before and after every effect; the default kills only at some of them. */
const stride = Number(process.env.HOLDFAST_CRASH_STRIDE ?? 5);

describeWith({ root: true, programs: ['mkfs.ext4'] }, 'a daemon that dies on Linux', () => {
  describeCrashes(async () => machineOn(await linuxHostUnderTest('auto')), stride);
});

const programs = ['mkfs.ext4', 'mkfs.xfs', 'e2fsck', 'resize2fs', 'fsfreeze'];

describeWith({ root: true, programs }, 'a daemon that dies while it copies volumes on xfs', () => {
  describeCrashes(onXfs, 3 * stride, protection);
});
