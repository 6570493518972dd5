import { mkdtempSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeSubvolumes } from '../../contract/host/subvolumes.ts';
import { mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { describeWith } from '../../lab/requirements.ts';
import { unmountBelow } from '../linux-host-under-test.ts';

describeWith(
  { root: true, programs: ['mkfs.btrfs'], paths: ['/dev/loop-control'] },
  'on this machine',
  () => {
    describeSubvolumes('btrfs of the kernel', async () => {
      const disk = mountLoopFileSystem('btrfs');
      const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-')));
      const host = await createLinuxHost({ systemCalls: 'auto' });
      return {
        host,
        folder: disk.path,
        elsewhere,
        link: symlink,
        cleanUp: async () => {
          await host.close();
          unmountBelow(disk.path);
          disk.remove();
          rmSync(join(elsewhere, 'db'), { recursive: true, force: true });
          rmdirSync(elsewhere);
        },
      };
    });
  },
);
