import { afterAll } from '@jest/globals';
import { describeHost } from '../contract/host/contract.ts';
import { describeWith } from '../lab/requirements.ts';
import { compileHost } from './compiled-host.ts';
import { linuxHostUnderTest } from './linux-host-under-test.ts';

const programs = ['mkfs.ext4', 'e2fsck', 'unshare', 'chattr'];
const compiled = compileHost();
afterAll(() => compiled.remove());

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'on this machine', () => {
  const worker = compiled.url('remote/server-worker');
  describeHost('Linux by system calls', () => linuxHostUnderTest('auto', { worker }));
  describeHost('Linux by the plain helpers', () => linuxHostUnderTest('spawned', { worker }));
  describeHost('Linux in one process', () => linuxHostUnderTest('auto'));
});
