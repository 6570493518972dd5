import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { run } from '../floors.ts';

/** A file system in a file, mounted by hand. */
interface MountedImage {
  readonly file: string;
  readonly device: string;
  readonly mountpoint: string;
  detach(): Promise<void>;
}

export async function attachImage(
  path: string,
  fsType: 'ext4' | 'xfs',
  bytes: number,
): Promise<MountedImage> {
  const [file, mountpoint] = [`${path}.img`, `${path}-mounted`];
  writeFileSync(file, '');
  truncateSync(file, bytes);
  mkdirSync(mountpoint);
  await run(`mkfs.${fsType}`, '-q', file);
  const device = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  await run('mount', device, mountpoint);
  return {
    file,
    device,
    mountpoint,
    async detach() {
      await run('umount', mountpoint);
      await run('losetup', '--detach', device);
    },
  };
}
