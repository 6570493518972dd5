import { describeBackend } from '../../contract/backend-contract.ts';
import { addDirectory } from '../../fakes/fake-tree.ts';
import {
  adoptedDirectories,
  aloneDirectories,
  nestedDirectories,
  otherShare,
  type ShareKindUnderTest,
  shareDirectories,
  shareKinds,
  shareOnFakeHost,
} from './share-under-test.ts';

async function withGiven(kind: ShareKindUnderTest, at: 'home' | 'other') {
  const underTest = await shareOnFakeHost(kind);
  addDirectory(underTest.servers[at].root, 'given');
  return underTest;
}

for (const kind of shareKinds) {
  const fake = () => shareOnFakeHost(kind);
  describeBackend(`${kind.name} directories on the fake host`, shareDirectories, fake);
  describeBackend(`${kind.name} directories in a template's place`, nestedDirectories, fake);
  describeBackend(`${kind.name} directories with mounts of their own`, aloneDirectories, fake);
  describeBackend(`adopted ${kind.name} directories`, adoptedDirectories, () => withGiven(kind, 'home'));
  describeBackend(`directories of another ${kind.name} share`, otherShare(kind), () =>
    withGiven(kind, 'other'),
  );
}
