import { beforeEach, describe, expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../../src/core/names.ts';
import type { Snapshot } from '../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { disableQuotas } from '../../fakes/host/directory-quotas.ts';
import type { FakeDirectory } from '../../fakes/host/tree.ts';
import {
  enforceQuotas,
  glusterKind,
  nfsKind,
  quotaDirectories,
  type ShareUnderTest,
  shareOnFakeHost,
} from '../shared/network-share/under-test.ts';

const mebibyte = 1024 ** 2;
let underTest: ShareUnderTest;
let subject: BackendSubject;

const gluster = () => underTest.servers.home;
const files = () => subject.underTest.host.files;

beforeEach(async () => {
  underTest = await shareOnFakeHost(glusterKind);
  enforceQuotas(gluster());
  subject = createSubject(quotaDirectories, underTest);
});

function directory(path: string): FakeDirectory {
  let node: FakeDirectory = gluster().root;
  for (const name of path.split('/')) {
    const child = node.entries.get(name);
    if (child?.kind !== 'directory') throw new Error(`there is no directory ${path}`);
    node = child;
  }
  return node;
}
const limitOf = (path: string) => gluster().directoryQuota.limits.get(directory(path))?.bytes;

/** Stages it and fills it to more than its size, which must fail; df shows the size. */
async function expectLimited(volume: Volume, bytes = 8 * mebibyte): Promise<void> {
  const mountpoint = await subject.stage(volume);
  const { usedBytes, freeBytes } = await files().space(mountpoint);
  expect(usedBytes + freeBytes).toBe(bytes);
  const write = (text: string) => files().writeText(`${mountpoint}/big`, text, 'replace');
  await expect(write('x'.repeat(bytes))).rejects.toMatchObject({ code: 'EDQUOT' });
  await write('x'.repeat(bytes / 2));
  await files().removeFile(`${mountpoint}/big`);
  await subject.unstage(volume);
}

const set = '`gluster volume set gv0 features';
const timeouts = `${set}.soft-timeout 0\`.{1,5}${set}.hard-timeout 0`;
const enabling = `\`gluster volume quota gv0 enable\`, ${set}.quota-deem-statfs on\`, `;
const saying = (words: string) => ({
  code: 'unavailable',
  message: expect.stringMatching(new RegExp(`db.*${words}`)),
});
/** Quotas are off, or not shown. */
const refused = saying(enabling + timeouts);
/** `enable` would fail: they are on. */
const refusedAsLate = saying(`run ${timeouts}`);

const nothing = async (): Promise<void> => {
  await subject.backend.discard(subject.plan('db'), subject.signal);
  expect(await subject.listed()).toEqual([]);
  expect([...directory('.holdfast/probes').entries.keys()]).toEqual([]);
};

describe('a size that the Gluster volume does not enforce', () => {
  test.each([
    ['quotas are off', refused, () => disableQuotas(gluster())],
    [
      'quotad is down',
      saying('quotad does not run.*run `gluster volume start gv0 force`\\.'),
      () => Object.assign(gluster().directoryQuota, { isCounted: false }),
    ],
    ['statfs does not show them', refused, () => Object.assign(gluster().directoryQuota, { isShown: false })],
    [
      'the timeouts are those of GlusterFS',
      refusedAsLate,
      () => Object.assign(gluster().directoryQuota.timeouts, { soft: 60, hard: 5 }),
    ],
    [
      'soft-timeout is a second',
      refusedAsLate,
      () => Object.assign(gluster().directoryQuota.timeouts, { soft: 1 }),
    ],
    [
      'hard-timeout is a second',
      refusedAsLate,
      () => Object.assign(gluster().directoryQuota.timeouts, { hard: 1 }),
    ],
  ])('is refused with its way out, and nothing is left: %s', async (_, refusal, change) => {
    change();
    const foreseen = subject.backend.foresee({ verb: 'create', volume: subject.plan('db') }, subject.signal);
    await expect(foreseen).rejects.toMatchObject(refusal);
    await expect(subject.create('db')).rejects.toMatchObject(refusal);
    await nothing();
    enforceQuotas(gluster());
    await expectLimited(await subject.create('db'));
  });
  test('is refused as unknown if writing takes so long that a timeout could be over', async () => {
    const slow = subject.reopen({ host: { ...subject.underTest.host, uptime: slowly(1_000) } });
    await expect(subject.create('db', {}, slow)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/db.*could not be proven.*gv0 takes too long/),
    });
    await nothing();
  });
  test('is asked again for some time if writing takes so long: a busy Gluster volume is not refused at once', async () => {
    const busy = subject.reopen({ host: { ...subject.underTest.host, uptime: slowly(1_000, 17_000) } });
    await expectLimited(await subject.create('db', {}, busy));
  });
  test('is not what it is taken for if the servers cannot be asked', async () => {
    underTest.state.programs.delete('unshare');
    await expect(subject.create('db')).rejects.toMatchObject({ code: 'unavailable', message: /unshare/ });
    await nothing();
  });
  test('is also refused in a minute, and not before: it costs writes to know', async () => {
    await subject.create('first');
    gluster().directoryQuota.timeouts = { soft: 60, hard: 5 };
    await subject.create('second');
    subject.advance(60_000);
    await expect(subject.create('db')).rejects.toMatchObject(refusedAsLate);
  });
});

/** A clock on which each look takes so long, until then. */
function slowly(milliseconds: number, until = Number.POSITIVE_INFINITY): () => number {
  let now = 0;
  return () => {
    if (now < until) now += milliseconds;
    return now;
  };
}

describe('a directory with a quota', () => {
  test('has its limit before it is recorded, and every host sees it', async () => {
    await subject.create('db');
    expect(limitOf('db')).toBe(8 * mebibyte);
    await expectLimited(await subject.create('other', { size: '4MiB', subdir: 'team/other' }), 4 * mebibyte);
    const measured = await subject.backend.usage(subject.plan('db'), undefined, subject.signal);
    expect(measured).toMatchObject({ of: 'volume', sizeBytes: 8 * mebibyte, room: { of: 'share' } });
    // statfs(2) shows those of the whole share.
    expect(Object.keys(measured ?? {})).not.toContain('inodes');
    expect(measured?.room?.inodes).toBeGreaterThan(0);
  });
  test('whose limit is gone gets it again at the next mount', async () => {
    const volume = await subject.create('db');
    disableQuotas(gluster());
    enforceQuotas(gluster());
    await expectLimited(volume);
  });
  test('is not mounted while quotas are off, and the doctor says so', async () => {
    const volume = await subject.create('db');
    disableQuotas(gluster());
    await expect(subject.stage(volume)).rejects.toMatchObject(refused);
    subject.advance(60_000);
    const findings = await subject.backend.diagnose(subject.signal);
    expect(findings.filter(({ level }) => level === 'failure')).toEqual([
      expect.objectContaining({
        subject: 'directory quotas',
        evidence: expect.stringMatching(/not enforced now: db: .*gv0 enable/),
      }),
    ]);
    expect([...directory('.holdfast/probes').entries.keys()]).toEqual([]);
  });
  test('keeps the size that another host gave it, whatever this host knew', async () => {
    const volume = await subject.create('db');
    const { growth } = subject.backend;
    if (growth.kind === 'none') throw new Error('it grows');
    const grown = await growth.grow(volume, 16 * mebibyte, undefined, subject.signal);
    await expectLimited(volume, 16 * mebibyte);
    gluster().directoryQuota.limits.clear();
    await expectLimited(volume, 16 * mebibyte);
    expect(grown.options.size).toBe('16MiB');
  });
  test('is not recorded with another size while quotas are off', async () => {
    const volume = await subject.create('db');
    disableQuotas(gluster());
    subject.advance(60_000);
    const { growth } = subject.backend;
    if (growth.kind === 'none') throw new Error('it grows');
    for (const bytes of [4 * mebibyte, 16 * mebibyte])
      await expect(growth.grow(volume, bytes, undefined, subject.signal)).rejects.toMatchObject(refused);
    expect((await subject.listed())[0]?.options.size).toBe('8MiB');
  });
  test('that lost its limit while it is in use is named by the doctor, and gets it by a growth to its size', async () => {
    const volume = await subject.create('db');
    await subject.create('other');
    const mountpoint = await subject.stage(volume);
    const unset = async () =>
      (await subject.backend.diagnose(subject.signal)).filter(({ level }) => level !== 'ok');
    expect(await unset()).toEqual([]);
    const lost = [
      () => gluster().directoryQuota.limits.delete(directory('db')),
      () => gluster().directoryQuota.limits.set(directory('db'), { bytes: 9e9, soft: 80, seen: undefined }),
    ];
    for (const lose of lost) {
      lose();
      expect(await unset()).toEqual([
        {
          level: 'warning',
          subject: 'directory quotas',
          evidence: expect.stringMatching(/: db\. /),
          mend: expect.stringMatching(/as db to 8MiB:/),
        },
      ]);
      const { growth } = subject.backend;
      if (growth.kind === 'none') throw new Error('it grows');
      await growth.grow(volume, 8 * mebibyte, mountpoint, subject.signal);
      expect(limitOf('db')).toBe(8 * mebibyte);
      expect(await unset()).toEqual([]);
    }
    await subject.unstage(volume);
  });
  test('below one with an equal limit has its own', async () => {
    const volume = await subject.create('db', { subdir: 'team/db' });
    gluster().directoryQuota.limits.clear();
    const above = { bytes: 8 * mebibyte, soft: 80, seen: undefined };
    gluster().directoryQuota.limits.set(directory('team'), above);
    await subject.stage(volume);
    expect(limitOf('team/db')).toBe(8 * mebibyte);
    await subject.unstage(volume);
    gluster().directoryQuota.limits.delete(directory('team'));
    await expectLimited(volume);
  });
  test('needs the space of each directory above that has a limit', async () => {
    const volume = await subject.create('db', { subdir: 'team/dev/db' });
    for (const [path, bytes] of [
      ['team', 20 * mebibyte],
      ['team/dev', 30 * mebibyte],
    ] as const)
      gluster().directoryQuota.limits.set(directory(path), { bytes, soft: 80, seen: undefined });
    const tooLarge = { size: '24MiB', subdir: 'team/dev/web' };
    const short = {
      code: 'unavailable',
      message: expect.stringMatching(/gluster1:\/gv0\/team\b(?!\/).*20MiB/),
    };
    const planned = subject.plan('web', tooLarge);
    const foreseen = subject.backend.foresee({ verb: 'create', volume: planned }, subject.signal);
    await expect(foreseen).rejects.toMatchObject(short);
    await expect(subject.create('web', tooLarge)).rejects.toMatchObject(short);
    const { growth } = subject.backend;
    if (growth.kind === 'none') throw new Error('it grows');
    await expect(growth.grow(volume, 32 * mebibyte, undefined, subject.signal)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/only 20MiB are free in gluster1:\/gv0\/team\b/),
    });
    await subject.create('web', { ...tooLarge, size: '16MiB' });
  });
  test('is not made in a directory whose own quota is used up', async () => {
    gluster().directoryQuota.limits.set(gluster().root, { bytes: mebibyte / 2, soft: 80, seen: undefined });
    await expect(subject.create('db')).rejects.toMatchObject({
      code: 'unavailable',
      message: /quota is used up|free/,
    });
  });
});

describe('the limits of copies and removed volumes', () => {
  const snapshots = () => {
    const { snapshots: found } = subject.backend;
    if (found.kind === 'none') throw new Error('it has them');
    return found;
  };
  const taken = (volume: Volume): Promise<Snapshot> => {
    const name = parseSnapshotName('before');
    const createdAt = new Date(0).toISOString();
    const snapshot: Snapshot = { name, id: '00000000000000aa', volume, createdAt, consistency: 'unmounted' };
    return snapshots().take(snapshot, undefined, subject.signal);
  };

  test('a clone has one of its own, and a snapshot none', async () => {
    const volume = await subject.create('db');
    const snapshot = await taken(volume);
    const clone = await snapshots().clone(
      subject.plan('copy'),
      { kind: 'snapshot', snapshot },
      subject.signal,
    );
    expect(limitOf('copy')).toBe(8 * mebibyte);
    expect(limitOf(`.holdfast/snapshots/${volume.id}/before~data`)).toBeUndefined();
    await expectLimited(clone);
  });
  test('a rollback leaves the volume with its limit, and the data in the trash with its own', async () => {
    const volume = await subject.create('db');
    const snapshot = await taken(volume);
    await snapshots().rollback(volume, snapshot, '00000000000fade5', subject.signal);
    expect(limitOf('db')).toBe(8 * mebibyte);
    expect(limitOf('.holdfast/trash/db~00000000000fade5')).toBe(8 * mebibyte);
  });
  test('nothing is cloned or rolled back while quotas are off', async () => {
    const volume = await subject.create('db');
    const snapshot = await taken(volume);
    disableQuotas(gluster());
    subject.advance(60_000);
    const cloned = snapshots().clone(subject.plan('copy'), { kind: 'snapshot', snapshot }, subject.signal);
    await expect(cloned).rejects.toMatchObject({ code: 'unavailable', message: /copy.*gv0 enable/ });
    const rolled = snapshots().rollback(volume, snapshot, '00000000000fade5', subject.signal);
    await expect(rolled).rejects.toMatchObject(refused);
    expect(await subject.names()).toEqual(['db']);
    expect(await subject.removed()).toEqual([]);
  });
  test('the trash keeps the limit, and an undelete has it', async () => {
    const volume = await subject.create('db');
    await subject.backend.remove(volume, subject.signal);
    expect(limitOf(`.holdfast/trash/db~${volume.id}`)).toBe(8 * mebibyte);
    const [removed] = await subject.removed();
    if (removed === undefined) throw new Error('it is lost');
    await expectLimited(await subject.backend.undelete(removed, subject.signal));
  });
});

describe('what a probe leaves', () => {
  test('if the daemon dies in it, is deleted a quarter of an hour later', async () => {
    await subject.create('db');
    await files().makeDirectory(`${await underTest.storage?.root()}/.holdfast/probes/0123-soft`);
    await subject.backend.purge(subject.signal);
    expect(directory('.holdfast/probes').entries.size).toBe(1);
    subject.advance(16 * 60_000);
    await subject.backend.purge(subject.signal);
    expect(directory('.holdfast/probes').entries.size).toBe(0);
  });
});

describe('the options', () => {
  test.each([
    [{ size: '100KiB' }, /too small: give at least 1MiB/],
    [{ size: '1GiB', path: 'given' }, /size, sizeMode cannot be combined with path/],
    [{ size: '1GiB', share: 'gluster1:media' }, /size, sizeMode cannot be combined with share/],
  ])('%j are refused', (options, words) => {
    expect(() => subject.plan('db', options)).toThrow(words);
  });
  test('sizeMode needs a size, and a size needs a sizeMode', () => {
    const bare = createSubject({ ...quotaDirectories, options: {} }, underTest);
    expect(() => bare.plan('db', { sizeMode: 'quota' })).toThrow(/sizeMode: it needs a size/);
    expect(() => bare.plan('db', { size: '1GiB' })).toThrow(/sizeMode=quota.*sizeMode=advisory/);
  });
  test('defaults with a size do not keep a directory from being adopted', () => {
    const backend = subject.reopen({ defaults: { size: '1GiB', sizeMode: 'quota' } });
    const bare = createSubject({ ...quotaDirectories, options: {} }, underTest);
    const { options } = bare.plan('db', { path: 'given' }, backend);
    expect(options).toMatchObject({ path: 'given' });
    expect(options.size ?? options.sizeMode).toBeUndefined();
  });
  test('NFS has no such quotas', async () => {
    const nfs = createSubject({ ...quotaDirectories, options: {} }, await shareOnFakeHost(nfsKind));
    expect(() => nfs.plan('db', { size: '1GiB', sizeMode: 'quota' })).toThrow(/sizeMode.*advisory/);
  });
});
