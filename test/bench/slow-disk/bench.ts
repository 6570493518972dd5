import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../floors.ts';
import { createVolumes, startHoldfast } from '../holdfast.ts';
import { benchCreates } from '../local/creates.ts';
import { openAdmin } from '../protect/open-admin.ts';
import { benchUnused } from '../protect/snapshots.ts';
import { unmountBelow, type Workshop } from '../workshop.ts';

/** A flush takes so long, as on a disk that is far away, or turns. */
const [quicker, slower] = [3, 20];
const bytes = 768 * 1024 ** 2;
const volumes = 100;
const rounds = 3;
const made = { ext4: ['-q', '-F', '-E', 'lazy_itable_init=0'], xfs: ['-q', '-f'] } as const;

/**
 * Changes on a disk whose flushes take some milliseconds: an image in a file of FUSE, whose content is in memory. The loop device waits
 * for one flush after the other, as a disk with one queue does.
 */
export async function benchSlowDisk(workshop: Workshop): Promise<void> {
  const { report, memory } = workshop;
  if (!existsSync('/dev/fuse'))
    return report.line('\nA slow disk: skipped, since there is no /dev/fuse here.');
  await onDisk(workshop, 'ext4', quicker, async (top) => {
    const server = await startHoldfast(join(top, 'holdfast'), join(memory, 'slow'));
    try {
      await createVolumes(server.socketPath, 0, volumes);
      await benchCreates({ ...workshop, folder: top }, server, volumes, rounds);
    } finally {
      await server.stop();
    }
  });
  for (const milliseconds of [quicker, slower])
    await onDisk(workshop, 'xfs', milliseconds, async (top) => {
      const folder = join(top, 'holdfast');
      const server = await startHoldfast(folder, join(memory, `slow-${milliseconds}`));
      try {
        report.heading(`A snapshot of an image on xfs, a flush of which takes ${milliseconds} ms`, 'p95');
        const client = await openAdmin(folder);
        const places = { root: join(folder, 'volumes'), mountRoot: join(folder, 'mnt') };
        const parts = { client, socketPath: join(folder, 'admin.sock'), report, ...places };
        await benchUnused(parts, { name: 'db', size: '64 MiB' });
      } finally {
        await server.stop();
      }
    });
}

async function onDisk(
  { report, folder, memory }: Workshop,
  fsType: 'ext4' | 'xfs',
  milliseconds: number,
  work: (top: string) => Promise<void>,
): Promise<void> {
  const name = `${fsType}-${milliseconds}`;
  const [base, top] = [join(folder, name), join(folder, `${name}-root`)];
  for (const path of [base, top]) mkdirSync(path);
  const disk = await startDisk(base, join(memory, name), milliseconds);
  try {
    await run(`mkfs.${fsType}`, ...made[fsType], join(base, 'disk'));
    await run('mount', '-o', 'loop', join(base, 'disk'), top);
    report.line(`\nA disk whose flushes take ${milliseconds} ms:`);
    await work(top);
  } finally {
    unmountBelow(folder);
    await disk.ended;
  }
}

/** Ends once it is unmounted. */
async function startDisk(
  directory: string,
  store: string,
  milliseconds: number,
): Promise<{ readonly ended: Promise<unknown> }> {
  const program = fileURLToPath(new URL('server.js', import.meta.url));
  const child = spawn(process.execPath, [program, directory, store, `${bytes}`, `${milliseconds}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('the slow disk did not start'))),
  ]);
  return { ended };
}
