import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../floors.ts';
import { createVolumes, startHoldfast } from '../holdfast.ts';
import { benchCreates } from '../local/creates.ts';
import { unmountBelow, type Workshop } from '../workshop.ts';

/** A flush takes so long, as on a disk that turns or is far away. */
const milliseconds = 3;
const bytes = 512 * 1024 ** 2;
const volumes = 100;
const rounds = 3;

/**
 * Creates and removes on a disk whose flushes take some milliseconds: an image with ext4 in a file of FUSE, whose content is in memory.
 * The loop device waits for one flush after the other, as a disk with one queue does.
 */
export async function benchSlowDisk(workshop: Workshop): Promise<void> {
  const { report, folder, memory } = workshop;
  if (!existsSync('/dev/fuse'))
    return report.line('\nA slow disk: skipped, since there is no /dev/fuse here.');
  const [base, top] = [join(folder, 'slow'), join(folder, 'slow-root')];
  for (const path of [base, top]) mkdirSync(path);
  const disk = await startDisk(base, join(memory, 'disk'));
  try {
    await run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0', join(base, 'disk'));
    await run('mount', '-o', 'loop', join(base, 'disk'), top);
    const server = await startHoldfast(join(top, 'holdfast'), join(memory, 'slow'));
    try {
      report.line(`\nA disk whose flushes take ${milliseconds} ms:`);
      await createVolumes(server.socketPath, 0, volumes);
      await benchCreates({ ...workshop, folder: top }, server, volumes, rounds);
    } finally {
      await server.stop();
    }
  } finally {
    unmountBelow(folder);
    await disk.ended;
  }
}

/** Ends once it is unmounted. */
async function startDisk(directory: string, store: string): Promise<{ readonly ended: Promise<unknown> }> {
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
