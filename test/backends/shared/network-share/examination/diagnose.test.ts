import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../../../../src/core/finding.ts';
import { type BackendSubject, createSubject } from '../../../../contract/backend/subject.ts';
import {
  glusterKind,
  nfsKind,
  type ShareUnderTest,
  shareDirectories,
  shareKinds,
  shareOnFakeHost,
} from '../under-test.ts';

describe.each(shareKinds.map((kind) => [kind.name, kind] as const))('the diagnosis of %s', (_, kind) => {
  let underTest: ShareUnderTest;
  let subject: BackendSubject;
  beforeEach(async () => {
    underTest = await shareOnFakeHost(kind);
    subject = createSubject(shareDirectories, underTest);
  });
  afterEach(() => subject.backend.close());

  const diagnosis = () => subject.backend.diagnose(subject.signal);
  const levels = (findings: readonly Finding[]) => findings.map(({ level, subject: of }) => `${of} ${level}`);
  const server = kind === glusterKind ? 'gluster1' : 'nfs.example';

  test('reports that the server answers and everything is readable', async () => {
    await subject.create('db');
    expect(levels(await diagnosis())).toEqual([
      expect.stringMatching(/^server .* (ok|warning)$/),
      ...(kind === nfsKind ? ['clock ok'] : []),
      'records ok',
    ]);
  });

  test('reports that its clock differs from this host, and leaves nothing there', async () => {
    await subject.create('db');
    underTest.state.clock.error = 300_000;
    const found = (await diagnosis()).filter(({ subject: of }) => of === 'clock');
    const ahead = {
      level: 'warning',
      evidence: expect.stringContaining('300 s ahead of that of nfs.example'),
    };
    expect(found).toEqual(kind === nfsKind ? [expect.objectContaining(ahead)] : []);
    const root = await underTest.storage?.root();
    expect(await underTest.host.files.list(`${root}/.holdfast/new`)).toEqual([]);
  });

  test('reports files that wait to be healed', async () => {
    await subject.create('db');
    underTest.servers.home.attributes.set('glusterfs.xattrop_index_count', '3');
    const found = (await diagnosis()).filter(({ subject: of }) => of === 'heal');
    expect(levels(found)).toEqual(kind === glusterKind ? ['heal warning'] : []);
  });

  test('reports within seconds that nobody listens, with the way out', async () => {
    underTest.state.servers.clear();
    const [first, ...more] = await diagnosis();
    expect(first).toMatchObject({ level: 'failure', evidence: expect.stringContaining(kind.source) });
    expect(first?.mend).toMatch(/\w/);
    expect(more).toEqual([]);
  });

  test('reports that the file system hangs while the service answers', async () => {
    await subject.create('db');
    underTest.servers.home.conditions.add('down');
    const [first] = await diagnosis();
    expect(first).toMatchObject({ level: 'failure', evidence: expect.stringContaining('no-reply') });
    underTest.servers.home.conditions.delete('down');
    expect(levels(await diagnosis())).toContain('records ok');
  });

  test('reports unreadable records', async () => {
    await subject.create('db');
    await underTest.spoilRecord('db');
    expect(await diagnosis()).toContainEqual(
      expect.objectContaining({ level: 'warning', subject: 'volume db' }),
    );
  });

  test('reports that root is squashed, and what to set on the server', async () => {
    const { conditions } = underTest.servers.home;
    conditions.add('squash');
    await subject.create('db', { uid: '65534', gid: '65534' }).catch(() => undefined);
    const root = await underTest.storage?.root();
    const { uid } = (await underTest.host.files.facts(`${root}/.holdfast`)) ?? {};
    const found = await diagnosis();
    if (uid === 65_534) {
      expect(found).toContainEqual(
        expect.objectContaining({
          level: 'warning',
          subject: 'root',
          mend: expect.stringMatching(/squash|uid/),
        }),
      );
    } else expect(levels(found)).not.toContain('root warning');
  });

  test(`names the server ${server}`, async () => {
    const [first] = await diagnosis();
    expect(first?.subject).toMatch(/^server \S+/);
  });
});
