import { spawnSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';

/** A disk of this machine: a sparse file with a loop device, until it is detached. */
export interface LoopDisk {
  /** Such as `/dev/loop3`. */
  readonly device: string;
  readonly file: string;
  /** Like the enlargement of an EBS volume. */
  enlarge(bytes: number): void;
  /** Removes the disk at once if it is not mounted anywhere. Idempotent. */
  detach(): void;
}

export function attachLoopDisk(file: string, bytes: number): LoopDisk {
  writeFileSync(file, '', { flag: 'a' });
  truncateSync(file, bytes);
  const device = losetup('--find', '--show', file);
  let isAttached = true;
  return {
    device,
    file,
    enlarge: (size) => {
      truncateSync(file, size);
      losetup('--set-capacity', device);
    },
    detach: () => {
      if (isAttached) losetup('--detach', device);
      isAttached = false;
    },
  };
}

function losetup(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('losetup', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`losetup ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
