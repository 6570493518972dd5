import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A separate file system in a sparse file, mounted until it is removed. */
export interface LoopFileSystem {
  /** Canonical. */
  readonly path: string;
  /** Fails if anything is still mounted below it. */
  remove(): Promise<void>;
}

/** On xfs and btrfs, files can share blocks; on ext4 they cannot. */
export function mountLoopFileSystem(type: 'xfs' | 'btrfs' | 'ext4', bytes = 1 << 30): LoopFileSystem {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `holdfast-${type}-`)));
  const [image, path] = [join(folder, 'image'), join(folder, 'mounted')];
  writeFileSync(image, '');
  truncateSync(image, bytes);
  mkdirSync(path);
  run(`mkfs.${type}`, '-q', image);
  run('mount', '-o', 'loop', image, path);
  return {
    path,
    async remove() {
      await unmount(path);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Milliseconds. */
const patience = 10_000;

/**
 * The mount of an image on this file system may have been copied into the mount namespace of another suite, which keeps its loop
 * device, and so this file system, busy until that suite ends: then it only disappears from here.
 */
async function unmount(path: string): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const { status, stderr } = spawnSync('umount', [path], { encoding: 'utf8' });
    if (status === 0) return;
    const isUsed = readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${path}/`);
    if (isUsed) throw new Error(`umount ${path}: ${stderr}`);
    if (Date.now() >= deadline) return run('umount', '--lazy', path);
    await sleep(100);
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
