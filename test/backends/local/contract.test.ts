import { describeBackend } from '../../contract/backend/contract.ts';
import { createFakeState } from '../../fakes/host/fake-host.ts';
import {
  adoptedPaths,
  copying,
  directories,
  ext4Images,
  localOnFakeHost,
  quotaDirectories,
  subvolumes,
  xfsImages,
} from './under-test.ts';

const fake = () => localOnFakeHost();

describeBackend('local directories on the fake host', directories, fake);
describeBackend('local ext4 images on the fake host', ext4Images, fake);
describeBackend('local xfs images on the fake host', xfsImages, fake);
describeBackend('adopted directories on the fake host', adoptedPaths('/folder/adopted'), fake);

describeBackend(
  'local ext4 images on a fake host that shares blocks',
  { ...ext4Images, snapshots: 'instant' },
  () => {
    const state = createFakeState();
    state.rootFileSystem.conditions.add('reflinks');
    return localOnFakeHost(state);
  },
  copying,
);

describeBackend('local directories with a quota on the fake host', quotaDirectories, () => {
  const state = createFakeState();
  state.rootFileSystem.quota = { kind: 'enforced', limits: new Map() };
  return localOnFakeHost(state);
});

describeBackend('local directories on a fake host with subvolumes', subvolumes, () => {
  const state = createFakeState();
  state.rootFileSystem.conditions.add('subvolumes');
  return localOnFakeHost(state);
});
