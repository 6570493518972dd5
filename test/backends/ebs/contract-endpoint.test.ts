import { describeBackend } from '../../contract/backend/contract.ts';
import { describeWith } from '../../lab/requirements.ts';
import { ebsOnEndpoint } from './on-endpoint.ts';
import { ebsDisks } from './under-test.ts';

describeWith(
  { root: true, programs: ['mkfs.ext4', 'blkid', 'wipefs', 'losetup'], paths: ['/dev/loop-control'] },
  'EBS with real file systems',
  () => {
    describeBackend('EBS disks on an EC2 endpoint with loop devices', ebsDisks, ebsOnEndpoint);
  },
);
