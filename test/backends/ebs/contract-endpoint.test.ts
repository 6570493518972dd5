import { describeBackend } from '../../contract/backend/contract.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { ebsOnEndpoint } from './on-endpoint.ts';
import { ebsDisks } from './under-test.ts';

describeWith(
  { root: true, programs: ['mkfs.ext4', 'blkid', 'wipefs', 'losetup'], paths: ['/dev/loop-control'] },
  'EBS with real file systems',
  () => {
    // Their share that differs with real file systems is in snapshots/endpoint.test.ts.
    const share = [
      'plan',
      'volumes',
      'staging',
      'usage',
      'the trash',
      'the last use',
      'removal',
      'foresight',
      'foreign files',
      'an unreadable record',
      'a daemon that dies',
    ] as const;
    describeBackend(
      'EBS disks on an EC2 endpoint with loop devices',
      ebsDisks,
      ebsOnEndpoint,
      isWhole ? 'all' : share,
    );
  },
);
