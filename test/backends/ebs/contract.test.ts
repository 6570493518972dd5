import { describeBackend } from '../../contract/backend/contract.ts';
import { ebsDisks, ebsOnFakeHost } from './under-test.ts';

describeBackend('EBS disks on the fake host', ebsDisks, ebsOnFakeHost);
describeBackend(
  'EBS disks with xfs on the fake host',
  {
    ...ebsDisks,
    options: { size: '1', fsType: 'xfs' },
    equalOptions: [{ newFSType: 'XFS' }, { fsType: 'xfs' }],
  },
  ebsOnFakeHost,
);
