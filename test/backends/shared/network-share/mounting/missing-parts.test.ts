import { describe, expect, test } from '@jest/globals';
import { VolumeError } from '../../../../../src/core/volume-error.ts';
import { createSubject } from '../../../../contract/backend/subject.ts';
import { createFakeHost, type FakeState } from '../../../../fakes/host/fake-host.ts';
import { shareDirectories, shareKinds, shareOnFakeHost } from '../under-test.ts';

/** What the error must say, by what the host lacks. */
const lacks: Readonly<Record<string, readonly [(state: FakeState) => unknown, string, RegExp]>> = {
  'the helper of NFS': [(state) => state.programs.delete('mount.nfs'), 'nfs', /mount\.nfs is not installed/],
  'the helper of GlusterFS': [
    (state) => state.programs.delete('mount.glusterfs'),
    'glusterfs',
    /mount\.glusterfs is not installed/,
  ],
  '/dev/fuse': [
    (state) => createFakeHost(state).files.removeFile('/dev/fuse'),
    'glusterfs',
    /\/dev\/fuse is missing: .*`modprobe fuse`; a container needs \/dev and all devices.*managed plugin the variant/,
  ],
  'NFS in its kernel': [
    (state) => withKernel(state, 'nodev\tproc\n\text4\n'),
    'nfs',
    /has not loaded the file system nfs: see whether `modprobe nfs` on the host works/,
  ],
};

describe.each(Object.entries(lacks))('a host without %s', (_, [take, name, words]) => {
  test('says so when the share cannot be mounted, with the way out', async () => {
    const kind = shareKinds.find((each) => each.name === name);
    if (!kind) throw new Error(`There is no kind ${name}.`);
    const underTest = await shareOnFakeHost(kind);
    const subject = createSubject(shareDirectories, underTest);
    const { state } = underTest;
    await take(state);
    if (name === 'nfs') underTest.servers.home.conditions.add('down');
    const refused = await subject.create('db').catch((error) => error);
    expect(refused).toBeInstanceOf(VolumeError);
    expect(refused).toMatchObject({ code: 'unavailable', message: expect.stringMatching(words) });
    expect(refused.message).toMatch(/^Volume db could not be created: .*could not be mounted: mount/);
    await subject.cleanUp();
  });
});

test('a host that has them says nothing of them', async () => {
  const [kind] = shareKinds;
  if (!kind) throw new Error('There is no kind.');
  const underTest = await shareOnFakeHost(kind);
  await withKernel(underTest.state, 'nodev\tproc\nnodev\tnfs\nnodev\tnfs4\n');
  underTest.servers.home.conditions.add('withdrawn');
  const refused = await createSubject(shareDirectories, underTest)
    .create('db')
    .catch((error) => error.message);
  expect(refused).toMatch(/could not be mounted: mount said ".*". See that the server exports/);
});

async function withKernel(state: FakeState, fileSystems: string): Promise<void> {
  const { files } = createFakeHost(state);
  await files.makeDirectory('/proc');
  await files.writeText('/proc/filesystems', fileSystems, 'replace');
}
