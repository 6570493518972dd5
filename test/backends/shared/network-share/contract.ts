import { describeBackend } from '../../../contract/backend/contract.ts';
import { addDirectory } from '../../../fakes/host/tree.ts';
import {
  adoptedDirectories,
  aloneDirectories,
  nestedDirectories,
  otherShare,
  type ShareKindUnderTest,
  shareDirectories,
  shareOnFakeHost,
  sizedDirectories,
} from './under-test.ts';

async function withGiven(kind: ShareKindUnderTest, at: 'home' | 'other') {
  const underTest = await shareOnFakeHost(kind);
  addDirectory(underTest.servers[at].root, 'given');
  return underTest;
}

/** Tests every kind of volume on a share, over a fake server. */
export function describeShares(kind: ShareKindUnderTest): void {
  const fake = () => shareOnFakeHost(kind);
  describeBackend(`${kind.name} directories on the fake host`, shareDirectories, fake);
  describeBackend(`${kind.name} directories placed by a template`, nestedDirectories, fake);
  describeBackend(`${kind.name} directories with a recorded size`, sizedDirectories, fake);
  describeBackend(`${kind.name} directories with separate mounts`, aloneDirectories, fake);
  describeBackend(`adopted ${kind.name} directories`, adoptedDirectories, () => withGiven(kind, 'home'));
  describeBackend(`directories of another ${kind.name} share`, otherShare(kind), () =>
    withGiven(kind, 'other'),
  );
}
