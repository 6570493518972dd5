import { describeBackend } from '../../contract/backend-contract.ts';
import { describeWith } from '../../lab/requirements.ts';
import { directories, ext4Images, localOnLinux, xfsImages } from './local-under-test.ts';

const programs = ['mkfs.ext4', 'mkfs.xfs', 'e2fsck'];

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'on this machine', () => {
  const real = () => localOnLinux('auto');
  describeBackend('local directories on Linux', directories, real);
  describeBackend('local ext4 images on Linux', ext4Images, real);
  describeBackend('local xfs images on Linux', xfsImages, real);
});
