import { describeHost } from '../contract/host-contract.ts';
import { describeWith } from '../lab/requirements.ts';
import { linuxHostUnderTest } from './linux-host-under-test.ts';

const programs = ['mkfs.ext4', 'e2fsck', 'unshare', 'chattr'];

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'on this machine', () => {
  describeHost('Linux by system calls', () => linuxHostUnderTest('auto'));
  describeHost('Linux by the plain helpers', () => linuxHostUnderTest('spawned'));
});
