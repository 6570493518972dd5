import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGuest, realGuest } from '../../lab/guest/guest.ts';
import { mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { startHoldfast } from '../holdfast.ts';
import { lacking, placeLabScripts } from '../lab.ts';
import { unmountBelow, type Workshop } from '../workshop.ts';
import { backupConfiguration, benchBackups } from './backups.ts';
import { benchGrow } from './grow.ts';
import { openAdmin } from './open-admin.ts';
import { benchSnapshots } from './snapshots.ts';

const programs = ['mkfs.xfs', 'mkfs.ext4', 'resize2fs', 'xfs_growfs', 'fsfreeze', 'fallocate', 'taskset'];

/** Measures snapshots and growth of local volumes. Needs 11 GiB of disk. */
export async function benchProtect(workshop: Workshop): Promise<void> {
  const { report, memory } = workshop;
  const missing = lacking({ programs, paths: ['/dev/loop-control'] });
  if (missing !== undefined) return report.line(`\nSnapshots and growth are skipped: they need ${missing}.`);
  const disk = mountLoopFileSystem('xfs', 40 * 2 ** 30);
  const folder = disk.path;
  const server = await startHoldfast(folder, memory);
  try {
    const client = await openAdmin(folder);
    const mountRoot = join(folder, 'mnt');
    const socketPath = join(folder, 'admin.sock');
    await benchSnapshots({ client, socketPath, root: join(folder, 'volumes'), mountRoot, report });
    await benchGrow({ client, folder, report }, 'xfs');
  } finally {
    await server.stop();
    unmountBelow(folder);
    await disk.remove();
  }
  await benchExt4(workshop);
}

/** Measures backups. Needs restic, and 12 GiB of disk. */
export async function benchBackup({ report, memory }: Workshop): Promise<void> {
  const missing = lacking({
    programs: ['restic', 'mkfs.xfs', 'mkfs.ext4', 'fsfreeze'],
    paths: ['/dev/loop-control'],
  });
  if (missing !== undefined) return report.line(`\nBackups are skipped: they need ${missing}.`);
  const disk = mountLoopFileSystem('xfs', 40 * 2 ** 30);
  const folder = disk.path;
  const configuration = backupConfiguration(folder);
  const server = await startHoldfast(folder, memory, undefined, undefined, [], configuration);
  try {
    await benchBackups({ client: await openAdmin(folder), folder, report, pid: server.pid });
  } finally {
    await server.stop();
    unmountBelow(folder);
    await disk.remove();
  }
}

/** A mounted ext4 grows only with a capability that this machine may lack; a guest has it. */
async function benchExt4({ report }: Workshop): Promise<void> {
  const missing = lacking(realGuest);
  if (missing !== undefined) return report.line(`\nA mounted ext4 is skipped: it needs ${missing}.`);
  placeLabScripts();
  const guest = await createGuest({ memory: '3G' });
  try {
    const program = fileURLToPath(new URL('grow-in-guest.js', import.meta.url));
    const printed = await guest.output(process.execPath, [program], {
      cwd: process.cwd(),
      within: 1_800_000,
    });
    report.line(`\nIn a user-mode kernel:\n\n${printed}`);
  } finally {
    await guest.close();
  }
}
