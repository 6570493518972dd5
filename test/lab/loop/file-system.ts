import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A separate file system in a sparse file, mounted until it is removed. */
export interface LoopFileSystem {
  /** Canonical. */
  readonly path: string;
  remove(): void;
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
    remove: () => {
      run('umount', path);
      rmSync(folder, { recursive: true });
    },
  };
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
