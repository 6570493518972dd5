import { expect, test } from '@jest/globals';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';

const db = volume('db');
const target = '/pods/one/mount';
/** Longer than Linux allows. */
const tooLong = `/${'a/'.repeat(3000)}`;
const there = { path: target, access: 'read-write' } as const;

async function openWithPods(parts: Parameters<typeof openRig>[0] = {}): Promise<Rig> {
  const rig = await openRig(parts);
  await rig.host.files.makeDirectory('/pods/one');
  if ((await rig.driver.get(db)) === undefined) await rig.driver.create(db, {});
  return rig;
}

async function mountAt(rig: Rig, path: string): Promise<string> {
  return (await rig.host.mounts.at(path)).kind;
}

test('a published volume is mounted at the path, which holds it until it is unpublished', async () => {
  const rig = await openWithPods();
  await rig.driver.publish(db, there);
  await rig.driver.publish(db, there);
  expect(await rig.host.mounts.at(target)).toEqual(await rig.host.mounts.at(rig.mountpoint('db')));
  const view = await rig.driver.get(db);
  expect(view?.holders).toEqual([expect.objectContaining({ kind: 'published', path: target })]);

  await rig.driver.unpublish(db, target);
  expect(await mountAt(rig, target)).toBe('missing');
  expect(await mountAt(rig, rig.mountpoint('db'))).toBe('bare');
  await rig.driver.unpublish(db, target);
});

test('one stage serves a Mount and two paths', async () => {
  const rig = await openWithPods();
  await rig.driver.mount(db, id('docker'), present);
  await rig.driver.publish(db, there);
  await rig.driver.publish(db, { path: '/pods/one/other', access: 'read-only' });
  const below = await rig.host.mounts.below('/pods');
  expect(below.map(({ mountpoint, options }) => [mountpoint, options.includes('ro')])).toEqual([
    [target, false],
    ['/pods/one/other', true],
  ]);
  await rig.driver.unmount(db, id('docker'));
  await rig.driver.unpublish(db, target);
  expect(await mountAt(rig, rig.mountpoint('db'))).toBe('mounted');
  await rig.driver.unpublish(db, '/pods/one/other');
  expect(await mountAt(rig, rig.mountpoint('db'))).toBe('bare');
});

test('a published volume is not removed, and the reaper leaves it', async () => {
  const rig = await openWithPods({ timings: { grace: 0, startup: 0, linger: 0 } });
  await rig.driver.publish(db, there);
  await rig.driver.reap();
  expect(await mountAt(rig, target)).toBe('mounted');
  await expect(rig.driver.remove(db)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringContaining(`published to at ${target}: end the workload`),
  });
});

test('a holder without a mount at its path is reaped like any other', async () => {
  const rig = await openWithPods({ timings: { grace: 0, linger: 0 } });
  await rig.driver.publish(db, there);
  await rig.host.mounts.unmount(target);
  await rig.driver.reap();
  expect((await rig.driver.get(db))?.holders).toEqual([]);
});

test('a publication survives the daemon, and is void after a reboot', async () => {
  const state = createFakeState();
  const first = await openWithPods({ state });
  await first.driver.publish(db, there);
  const second = await openWithPods({ state });
  expect((await second.driver.get(db))?.holders).toEqual([expect.objectContaining({ path: target })]);
  await second.driver.close();
  state.reboot();
  const third = await openWithPods({ state });
  expect((await third.driver.get(db))?.holders).toEqual([]);
  await third.driver.unpublish(db, target);
  expect(await mountAt(third, target)).toBe('missing');
});

test("another's mount at the path is neither unmounted nor covered", async () => {
  const rig = await openWithPods();
  await rig.driver.create(volume('other'), {});
  await rig.driver.publish(volume('other'), there);
  await expect(rig.driver.publish(db, there)).rejects.toMatchObject({ code: 'conflict' });
  await rig.driver.unpublish(db, target);
  expect(await rig.host.mounts.at(target)).toEqual(await rig.host.mounts.at(rig.mountpoint('other')));
});

test('two volumes with one directory do not unmount each other', async () => {
  const rig = await openRig({ settings: { allowedRoots: ['/data'] } });
  for (const path of ['/pods/one', '/data/shared']) await rig.host.files.makeDirectory(path);
  const [one, other] = [volume('one'), volume('other')];
  for (const name of [one, other]) await rig.driver.create(name, { path: '/data/shared' });
  await rig.driver.publish(one, there);
  await expect(rig.driver.publish(other, there)).rejects.toMatchObject({ code: 'conflict' });
  await rig.driver.unpublish(other, target);
  expect(await mountAt(rig, target)).toBe('mounted');
  await rig.driver.unpublish(one, target);
  expect(await mountAt(rig, target)).toBe('missing');
});

test('of two volumes that are published at one path at once, one gets it', async () => {
  const rig = await openWithPods();
  await rig.driver.create(volume('other'), {});
  const both = await Promise.allSettled([db, volume('other')].map((name) => rig.driver.publish(name, there)));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((await rig.host.mounts.below('/pods')).length).toBe(1);
});

test('the same path with other access is a conflict, and stays as it is', async () => {
  const rig = await openWithPods();
  await rig.driver.publish(db, there);
  await expect(rig.driver.publish(db, { path: target, access: 'read-only' })).rejects.toMatchObject({
    code: 'conflict',
  });
  expect(await mountAt(rig, target)).toBe('mounted');
});

test.each([
  'pods/one/mount',
  '/pods/../etc',
  '/',
  '',
  '/srv/mnt/holdfast/db',
  '/srv/mnt',
  '/srv',
  '/srv/volumes',
  '/srv/volumes/db',
  '/srv/volumes/db/in',
  '/srv/volumes/.holdfast',
  '/srv/state',
  '/srv/run/x',
  '/pods/file',
  '/a\0b',
  tooLong,
  `/pods/${'é'.repeat(128)}`,
])('the path %j is refused', async (path) => {
  const rig = await openWithPods();
  await rig.host.files.writeText('/pods/file', 'x', 'exclusive');
  await expect(rig.driver.publish(db, { path, access: 'read-write' })).rejects.toMatchObject({
    code: 'invalid',
  });
  expect(await mountAt(rig, rig.mountpoint('db'))).not.toBe('mounted');
  expect((await rig.driver.get(db))?.holders).toEqual([]);
});

test('a path that is the data of an adopted volume is refused: the end of a publication would remove it', async () => {
  const rig = await openWithPods({ settings: { allowedRoots: ['/data'] } });
  await rig.host.files.makeDirectory('/data/photos');
  const photos = volume('photos');
  await rig.driver.create(photos, { path: '/data/photos' });
  for (const name of [photos, db]) {
    const path = '/data/photos';
    await expect(rig.driver.publish(name, { ...there, path })).rejects.toThrow(
      /is the data of volume photos/,
    );
    await expect(rig.driver.unpublish(name, path)).rejects.toThrow(/is the data of volume photos/);
  }
  expect(await mountAt(rig, '/data/photos')).toBe('bare');
  await rig.driver.publish(photos, there);
});

test('a refused publication leaves nothing mounted that was mounted for it', async () => {
  const rig = await openWithPods();
  const other = volume('other');
  await rig.driver.create(other, {});
  await rig.driver.publish(db, there);
  await expect(rig.driver.publish(other, there)).rejects.toMatchObject({ code: 'conflict' });
  expect(await mountAt(rig, rig.mountpoint('other'))).not.toBe('mounted');
  expect(await mountAt(rig, rig.mountpoint('db'))).toBe('mounted');
});

test('below a file there is no place for a path', async () => {
  const rig = await openWithPods();
  await rig.host.files.writeText('/pods/file', 'x', 'exclusive');
  const path = '/pods/file/mount';
  await expect(rig.driver.publish(db, { ...there, path })).rejects.toThrow('there is no directory above it');
  await rig.driver.unpublish(db, path);
});

test('if the directory above the path is missing, the error names it', async () => {
  const rig = await openWithPods();
  await expect(rig.driver.publish(db, { ...there, path: '/pods/two/mount' })).rejects.toThrow(
    'there is no directory above it: make that first',
  );
  await rig.driver.unpublish(db, '/pods/two/mount');
});

test('a dead mount at the path, which has no readable inode, is unmounted', async () => {
  const state = createFakeState();
  let isDead = false;
  const host = createFakeHost(state);
  const at: typeof host.mounts.at = async (path) => {
    const seen = await host.mounts.at(path);
    return isDead && path === target && seen.kind === 'mounted' ? { ...seen, inode: '0' } : seen;
  };
  const facts: typeof host.files.facts = async (path) => {
    if (isDead && path === target) throw Object.assign(new Error('ENOTCONN'), { code: 'ENOTCONN' });
    return host.files.facts(path);
  };
  const mortal = { ...host, mounts: { ...host.mounts, at }, files: { ...host.files, facts } };
  const rig = await openWithPods({ state, host: mortal });
  await rig.driver.publish(db, there);
  isDead = true;
  await rig.driver.unpublish(db, target);
  expect((await host.mounts.at(target)).kind).toBe('missing');
});
