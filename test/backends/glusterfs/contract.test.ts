import { describeBackend } from '../../contract/backend/contract.ts';
import { describeShares } from '../shared/network-share/contract.ts';
import {
  enforceQuotas,
  glusterKind,
  quotaDirectories,
  shareOnFakeHost,
} from '../shared/network-share/under-test.ts';

describeShares(glusterKind);
describeBackend('glusterfs directories with quotas on the fake host', quotaDirectories, async () => {
  const underTest = await shareOnFakeHost(glusterKind);
  enforceQuotas(underTest.servers.home);
  return underTest;
});
