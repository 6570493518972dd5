import { join } from 'node:path';
import { describeBackend } from '../../contract/backend/contract.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { describeWith } from '../../lab/requirements.ts';
import {
  copying,
  directories,
  ext4Images,
  localOn,
  localOnLinux,
  subvolumes,
  xfsImages,
} from './under-test.ts';

const programs = ['mkfs.ext4', 'mkfs.xfs', 'e2fsck'];

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'on this machine', () => {
  const real = () => localOnLinux('auto');
  describeBackend('local directories on Linux', directories, real);
  describeBackend('local ext4 images on Linux', ext4Images, real);
  describeBackend('local xfs images on Linux', xfsImages, real);
});

const sharing = ['mkfs.xfs', 'mkfs.btrfs', 'mkfs.ext4', 'e2fsck', 'resize2fs', 'xfs_growfs', 'fsfreeze'];

describeWith(
  { root: true, programs: sharing, paths: ['/dev/loop-control'] },
  'on a root that shares blocks',
  () => {
    const rootOn = (type: 'xfs' | 'btrfs') => async () => {
      const disk = mountLoopFileSystem(type, 4 * 2 ** 30);
      const host = await linuxHostUnderTest('auto', {}, disk.path);
      const cleanUp = async () => {
        // Subvolumes, which another program would take for other file systems.
        await host.host.files.removeTree(join(host.folder, 'volumes'), new AbortController().signal);
        await host.cleanUp();
        await disk.remove();
      };
      return localOn({ ...host, cleanUp }, {});
    };
    const looks = ['snapshots', 'rollback', 'growth'] as const;
    const instant = { snapshots: 'instant' } as const;
    describeBackend('local ext4 images on xfs', { ...ext4Images, ...instant }, rootOn('xfs'), copying);
    describeBackend('local xfs images on btrfs', { ...xfsImages, ...instant }, rootOn('btrfs'), looks);
    const kept = ['usage', 'snapshots', 'rollback'] as const;
    describeBackend('local directories on btrfs', subvolumes, rootOn('btrfs'), isWhole ? 'all' : kept);
    describeBackend('local directories on xfs', directories, rootOn('xfs'), looks);
  },
);
