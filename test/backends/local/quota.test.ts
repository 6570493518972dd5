import { beforeEach, describe, expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../../src/core/names.ts';
import type { Snapshot } from '../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { chattrProject } from '../../fakes/host/projects.ts';
import { localOnFakeHost, quotaDirectories } from './under-test.ts';

let state: FakeState;
let subject: BackendSubject;
const root = '/folder/volumes';
const mebibyte = 1024 ** 2;

const enforce = (kind: 'enforced' | 'counted' = 'enforced'): void => {
  state.rootFileSystem.quota = { kind, limits: limits() };
};
const limits = (): Map<number, number> => state.rootFileSystem.quota?.limits ?? new Map();
const host = () => subject.underTest.host;
const files = () => host().files;
const projects = () => subject.underTest.host.projects('/folder');
const projectOf = (path: string) => projects().of(path);

beforeEach(async () => {
  state = createFakeState();
  enforce();
  subject = createSubject(quotaDirectories, await localOnFakeHost(state));
});

/** Stages it and fills it to more than its size, which must fail. */
async function expectLimited(volume: Volume, bytes = 8 * mebibyte): Promise<void> {
  const mountpoint = await subject.stage(volume);
  const write = (text: string) => files().writeText(`${mountpoint}/big`, text, 'replace');
  await expect(write('x'.repeat(bytes))).rejects.toMatchObject({ code: 'EDQUOT' });
  await write('x'.repeat(bytes / 2));
  await files().removeFile(`${mountpoint}/big`);
  await subject.unstage(volume);
}

function kept(volume: Volume): Snapshot {
  const createdAt = new Date(0).toISOString();
  const name = parseSnapshotName('before');
  return { name, id: '00000000000000aa', volume, createdAt, consistency: 'unmounted' };
}

function snapshots() {
  const { snapshots: found } = subject.backend;
  if (found.kind === 'none') throw new Error('it has them');
  return found;
}

const idOf = ({ project }: Volume): number => {
  if (project === undefined) throw new Error('it has no project');
  return project;
};

describe('a directory with a size', () => {
  test('is a project whose limit is the size', async () => {
    const volume = await subject.create('db');
    expect(await projectOf(`${root}/db`)).toEqual({ id: idOf(volume), isInherited: true });
    expect(limits().get(idOf(volume))).toBe(8 * mebibyte);
    await expectLimited(volume);
  });
  test('has its limit as its size in measurements, and the room of the root', async () => {
    const volume = await subject.create('db');
    const measured = await subject.backend.usage(volume, undefined, subject.signal);
    expect(measured).toMatchObject({
      of: 'volume',
      sizeBytes: 8 * mebibyte,
      room: { of: 'root', place: root },
    });
  });
  test('never takes a project that somebody has', async () => {
    const first = idOf(await subject.create('db'));
    await files().makeDirectory('/etc');
    await files().writeText('/etc/projid', `# names\nlogs:${first + 1}\n`, 'replace');
    await files().writeText('/etc/projects', `${first + 2}:/srv/logs\n`, 'replace');
    limits().set(first + 3, 4096);
    await files().makeDirectory('/folder/theirs');
    await projects().assign('/folder/theirs', first + 4, subject.signal);
    // The same ID of a volume begins at the same project.
    const other = { ...subject.plan('other'), id: (await onlyVolume()).id };
    expect(idOf(await subject.backend.create(other, subject.signal))).toBe(first + 5);
    expect((await projectOf('/folder/theirs')).id).toBe(first + 4);
  });
  test('whose project was changed gets one again at the next mount, with all that is in it', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'x'.repeat(mebibyte));
    chattrProject(state, `${root}/db`, 7);
    await expectLimited(volume);
    const found = await onlyVolume();
    expect(idOf(found)).not.toBe(idOf(volume));
    expect(await projectOf(`${root}/db`)).toEqual({ id: idOf(found), isInherited: true });
    expect((await projects().use(root, idOf(found))).usedInodes).toBe(2);
  });
  test('with many files does not delay the mounts of others, and nobody gets its project', async () => {
    const [large, small] = [await subject.create('large'), await subject.create('small')];
    for (const name of ['large', 'small']) chattrProject(state, `${root}/${name}`, 7);
    let finish = (): void => undefined;
    const waits = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const slow = { ...host(), projects: (of: string) => ({ ...host().projects(of), assign }) };
    const chosen: number[] = [];
    async function assign(path: string, id: number, until: AbortSignal): Promise<void> {
      chosen.push(id);
      if (path.endsWith('/large')) await waits;
      await host().projects(root).assign(path, id, until);
    }
    const backend = subject.reopen({ host: slow });
    const first = backend.stage(large, await subject.mountpointOf(large), subject.signal);
    // Their IDs begin alike, so both searches begin at the same project.
    await backend.stage(small, await subject.mountpointOf(small), subject.signal);
    finish();
    await first;
    expect(new Set(chosen).size).toBe(2);
    for (const volume of [large, small]) await subject.unstage(volume);
  });
  test('that was brought from another file system is limited at its mount', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    await files().copy(`${root}/db`, `${root}/copy`, subject.signal);
    await files().removeTree(`${root}/db`, subject.signal);
    await files().rename(`${root}/copy`, `${root}/db`);
    await projects().limit(root, idOf(volume), 0);
    await expectLimited(volume);
    expect(await subject.read(volume)).toBe('kept');
  });
  test.each([
    ['of others', 7],
    ['that has a name', 'named'],
  ] as const)('does not use a project %s, even if its record says so', async (_, other) => {
    const volume = await subject.create('db');
    const id = other === 'named' ? idOf(volume) : other;
    await files().makeDirectory('/etc');
    await files().writeText('/etc/projid', `theirs:${id}`, 'replace');
    chattrProject(state, `${root}/db`, id);
    const text = (await files().readText(`${root}/.holdfast/registry/db.json`)) ?? '';
    const { checksum: _sum, ...record } = JSON.parse(text);
    record.volume.project = id;
    await files().writeText(`${root}/.holdfast/registry/db.json`, JSON.stringify(record), 'replace');
    limits().set(id, 12345 * 1024);
    await expectLimited(volume);
    expect(limits().get(id)).toBe(12345 * 1024);
  });
  test('that lost its limit or project while it is in use is named by the doctor, and gets it by a growth to its size', async () => {
    const volume = await subject.create('db', { size: '8388609' });
    await subject.create('other');
    await subject.stage(volume);
    const unset = async () =>
      (await subject.backend.diagnose(subject.signal)).filter(({ level }) => level !== 'ok');
    expect(await unset()).toEqual([]);
    for (const lose of [() => limits().delete(idOf(volume)), () => chattrProject(state, `${root}/db`, 0)]) {
      lose();
      expect(await unset()).toMatchObject([
        {
          level: 'warning',
          subject: 'project quotas',
          evidence: expect.stringMatching(/: db\. /),
          mend: expect.stringMatching(/as db to 8388609:/),
        },
      ]);
      const { growth } = subject.backend;
      if (growth.kind === 'none') throw new Error('it grows');
      await growth.grow(volume, 8388609, undefined, subject.signal);
      expect(await unset()).toEqual([]);
    }
    await subject.unstage(volume);
  });
});

const onlyVolume = async (): Promise<Volume> => {
  const [volume] = await subject.listed();
  if (volume === undefined) throw new Error('it is lost');
  return volume;
};

describe('the limits of copies and removed volumes', () => {
  test('a clone has a project of its own, and a snapshot none', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    const snapshot = await snapshots().take(kept(volume), undefined, subject.signal);
    const source = { kind: 'snapshot', snapshot } as const;
    const clone = await snapshots().clone(subject.plan('copy'), source, subject.signal);
    expect(idOf(clone)).not.toBe(idOf(volume));
    expect(await projectOf(`${root}/copy`)).toEqual({ id: idOf(clone), isInherited: true });
    expect(limits().get(idOf(clone))).toBe(8 * mebibyte);
    const data = `${root}/.holdfast/snapshots/${volume.id}/before~data`;
    expect((await projectOf(data)).id).toBe(0);
    await expectLimited(clone);
  });
  test('after a rollback the volume has another one, and the data in the trash keeps its own', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'x'.repeat(5 * mebibyte));
    const snapshot = await snapshots().take(kept(volume), undefined, subject.signal);
    await snapshots().rollback(volume, snapshot, '00000000000fade5', subject.signal);
    const now = await onlyVolume();
    expect(idOf(now)).not.toBe(idOf(volume));
    expect(limits().get(idOf(now))).toBe(8 * mebibyte);
    const [before] = await subject.removed();
    expect(before?.volume.project).toBe(idOf(volume));
    subject.advance(24 * 3_600_000);
    await subject.backend.purge(subject.signal);
    expect(limits().get(idOf(volume))).toBe(0);
    expect(limits().get(idOf(now))).toBe(8 * mebibyte);
  });
  test('what is in the trash keeps its limit, and a purge gives the project back', async () => {
    const volume = await subject.create('db');
    await subject.backend.remove(volume, subject.signal);
    expect(limits().get(idOf(volume))).toBe(8 * mebibyte);
    const [removed] = await subject.removed();
    if (removed === undefined) throw new Error('it is lost');
    await expectLimited(await subject.backend.undelete(removed, subject.signal));
    expect(idOf(await onlyVolume())).toBe(idOf(volume));
    await subject.backend.remove(volume, subject.signal);
    subject.advance(24 * 3_600_000);
    await subject.backend.purge(subject.signal);
    expect(limits().get(idOf(volume))).toBe(0);
  });
  test('a removal that deletes gives the project back, unless others have files in it', async () => {
    const deleting = subject.reopen({ settings: { onRemove: 'delete' } });
    const [gone, shared] = [await subject.create('gone'), await subject.create('shared')];
    await files().makeDirectory('/folder/theirs');
    await projects().assign('/folder/theirs', idOf(shared), subject.signal);
    for (const volume of [gone, shared]) await deleting.remove(volume, subject.signal);
    expect(limits().get(idOf(gone))).toBe(0);
    expect(limits().get(idOf(shared))).toBe(8 * mebibyte);
  });
  test('a create that fails leaves no limit', async () => {
    const plan = subject.plan('db');
    state.failNext('files.writeText', Object.assign(new Error('EIO'), { code: 'EIO' }), 'registry/db.json');
    await expect(subject.backend.create(plan, subject.signal)).rejects.toThrow();
    await subject.backend.discard(plan, subject.signal);
    expect([...limits().values()]).toEqual([0]);
  });
});

describe('a file system that does not enforce project quotas', () => {
  const refusal = async (): Promise<string> => {
    const plan = subject.plan('db');
    const change = { verb: 'create', volume: plan } as const;
    const foreseen = await subject.backend.foresee(change, subject.signal).catch((error: unknown) => error);
    const refused = await subject.backend.create(plan, subject.signal).catch((error: unknown) => error);
    expect(refused).toEqual(foreseen);
    expect(refused).toMatchObject({ code: 'unavailable' });
    expect(await subject.names()).toEqual([]);
    return refused instanceof Error ? refused.message : '';
  };

  test('is refused with what is missing, and the way out', async () => {
    state.rootFileSystem.quota = undefined;
    const message = await refusal();
    expect(message).toMatch(
      /^Volume db could not be created: `sizeMode=quota` needs project quotas, and the ext4 of \/folder\/volumes/,
    );
    expect(message).toMatch(/`tune2fs -O project,quota -Q prjquota`.*option prjquota.*rootflags=prjquota/);
    expect(message).toMatch(/Otherwise make the volume with `sizeMode=image`\.$/);
  });
  test('needs less if it counts only', async () => {
    enforce('counted');
    const message = await refusal();
    expect(message).toMatch(/counts, but does not limit: mount it with the option prjquota/);
    expect(message).not.toMatch(/tune2fs/);
  });
  test('mounts none of its volumes, which the doctor tells, until they are on again', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    const good = await subject.backend.diagnose(subject.signal);
    expect(good.map(({ level }) => level)).toEqual(['ok']);
    enforce('counted');
    await expect(subject.stage(volume)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/db could not be mounted: .*prjquota/),
    });
    const bad = await subject.backend.diagnose(subject.signal);
    expect(bad.at(-1)).toMatchObject({
      level: 'failure',
      subject: 'project quotas',
      evidence: expect.stringMatching(/cannot be mounted now: db: .*prjquota/),
    });
    enforce();
    expect(await subject.read(volume)).toBe('kept');
  });
  test('rolls nothing back and clones nothing, and says so beforehand', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    const snapshot = await snapshots().take(kept(volume), undefined, subject.signal);
    await subject.write(volume, 'later');
    enforce('counted');
    const refused = {
      code: 'unavailable',
      message: expect.stringMatching(/db could not be rolled back: .*prjquota/),
    };
    const back = snapshots().rollback(volume, snapshot, '00000000000fade5', subject.signal);
    await expect(back).rejects.toMatchObject(refused);
    const foreseen = snapshots().foreseeRollback(volume, snapshot, subject.signal);
    await expect(foreseen).rejects.toMatchObject(refused);
    const source = { kind: 'snapshot', snapshot } as const;
    await expect(snapshots().clone(subject.plan('copy'), source, subject.signal)).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await subject.names()).toEqual(['db']);
    expect(await subject.removed()).toEqual([]);
    enforce();
    expect(await subject.read(volume)).toBe('later');
  });
  test('a root that is in a project itself is refused', async () => {
    await projects().assign('/folder', 5, subject.signal);
    expect(await refusal()).toMatch(/belongs to the project 5 itself: choose a root outside of it/);
  });
});
