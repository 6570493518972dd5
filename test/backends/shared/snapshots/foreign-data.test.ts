import { expect, test } from '@jest/globals';
import type { BackendTraits, BackendUnderTest } from '../../../contract/backend/contract.ts';
import { snapshotsOf } from '../../../contract/backend/snapshots.ts';
import { createSubject } from '../../../contract/backend/subject.ts';
import { createFakeState } from '../../../fakes/host/fake-host.ts';
import { directories, ext4Images, localOnFakeHost } from '../../local/under-test.ts';
import { nfsKind, shareDirectories, shareOnFakeHost } from '../network-share/under-test.ts';

function sharingBlocks(): Promise<BackendUnderTest> {
  const state = createFakeState();
  state.rootFileSystem.conditions.add('reflinks');
  return localOnFakeHost(state);
}

const storages: Readonly<Record<string, readonly [BackendTraits, () => Promise<BackendUnderTest>]>> = {
  directories: [directories, localOnFakeHost],
  images: [ext4Images, sharingBlocks],
  'nfs directories': [shareDirectories, () => shareOnFakeHost(nfsKind)],
};
const cases = Object.entries(storages).flatMap(([name, storage]) =>
  (['symlink', 'fifo'] as const).map((kind) => [kind, name, storage] as const),
);

test.each(cases)(
  'a %s in place of the data of a snapshot is neither read nor copied: %s',
  async (kind, _, [traits, open]) => {
    const subject = createSubject(traits, await open());
    const { snapshots, planClone, take } = snapshotsOf(subject);
    const { signal, underTest } = subject;
    const { storage, host } = underTest;
    if (storage === undefined) throw new Error('no files');
    const volume = await subject.create('db');
    await subject.write(volume, 'first');
    const snapshot = await take(volume, 'before');
    await subject.write(volume, 'second');
    const root = await storage.root();
    const data = `${root}/.holdfast/snapshots/${volume.id}/before~data`;
    await host.files.rename(data, `${root}/aside`);
    if (kind === 'symlink') await storage.link(`${root}/aside`, data);
    else await storage.putOdd('fifo', data);
    const refused = {
      code: 'failed',
      message: expect.stringMatching(/something else is in the place|neither a directory nor a file/),
    };
    const rolledBack = snapshots.rollback(volume, snapshot, '00000000000fade5', signal);
    await expect(rolledBack).rejects.toMatchObject(refused);
    const copied = snapshots.clone(planClone('copy', volume), { kind: 'snapshot', snapshot }, signal);
    await expect(copied).rejects.toMatchObject(refused);
    expect([await subject.read(volume), await subject.removed()]).toEqual(['second', []]);
    expect(await host.files.facts(`${root}/aside`)).toBeDefined();
  },
);
