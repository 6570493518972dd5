import { describeShares } from '../shared/network-share/contract.ts';
import { glusterKind } from '../shared/network-share/under-test.ts';

describeShares(glusterKind);
