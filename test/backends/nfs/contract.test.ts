import { describeShares } from '../shared/network-share/contract.ts';
import { nfsKind } from '../shared/network-share/under-test.ts';

describeShares(nfsKind);
