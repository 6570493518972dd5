import { expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../../../src/core/names.ts';
import { onInstance } from '../../../fakes/ec2/instance.ts';
import { walk } from '../../../fakes/host/paths.ts';
import { id, openRig, present, volume } from '../../../fakes/rig.ts';

const db = volume('db');

async function setUp() {
  const { state, cloud, definition } = onInstance();
  const rig = await openRig({ state, definition });
  await rig.driver.create(db, { size: '16', fsType: 'xfs' });
  const [disk] = cloud.volumes.values();
  return { cloud, rig, disk, definition };
}

test('a volume in use gets another type, more IOPS and a larger size in one request, and stays mounted', async () => {
  const { cloud, rig, disk } = await setUp();
  const { driver } = rig;
  await driver.mount(db, id('a'), present);
  await rig.host.files.writeText(`${rig.mountpoint('db')}/file`, 'kept', 'replace');
  const options = { size: '32GiB', type: 'io2', iops: '4000' };
  expect(await driver.foresee({ verb: 'modify', name: db, options })).toMatchObject({
    steps: [{ act: 'modify', about: expect.stringContaining('type from gp3 to io2') }],
    volume: { options },
  });
  expect(disk?.type).toBe('gp3');
  expect((await driver.modify(db, options)).options).toMatchObject(options);
  expect(disk).toMatchObject({ sizeGiB: 32, type: 'io2', iops: 4000 });
  expect(cloud.log.filter((entry) => entry.startsWith('ModifyVolume'))).toHaveLength(1);
  expect((await driver.get(db))?.volume).toMatchObject({ options });
  expect(await rig.host.files.readText(`${rig.mountpoint('db')}/file`)).toBe('kept');
  await driver.close();
});

test('a volume that nobody mounted is changed without being attached', async () => {
  const { cloud, rig, disk } = await setUp();
  await rig.driver.modify(db, { iops: '4000' });
  expect(disk?.iops).toBe(4000);
  expect(cloud.log.some((entry) => entry.startsWith('AttachVolume'))).toBe(false);
  await rig.driver.close();
});

test('volumes of other backends have no type', async () => {
  const { driver } = await openRig();
  await driver.create(db, { size: '300MiB' });
  await expect(driver.modify(db, { type: 'gp3' })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/^Volume db could not be changed: there is no option "type"/),
  });
  await driver.close();
});

test('a snapshot of a volume in use is frozen for the request, and copies and rollbacks come from it', async () => {
  const { rig, disk } = await setUp();
  const { driver } = rig;
  const file = `${rig.mountpoint('db')}/file`;
  await driver.mount(db, id('a'), present);
  await rig.host.files.writeText(file, 'first', 'replace');
  const before = parseSnapshotName('before');
  expect(await driver.snapshot(db, before)).toMatchObject({ consistency: 'frozen' });
  await rig.host.files.writeText(file, 'second', 'replace');
  await driver.create(volume('copy'), { from: 'db@before' });
  await driver.mount(volume('copy'), id('b'), present);
  expect(await rig.host.files.readText(`${rig.mountpoint('copy')}/file`)).toBe('first');
  await driver.unmount(db, id('a'));
  const kept = await driver.rollback(db, before);
  await driver.mount(db, id('a'), present);
  expect(await rig.host.files.readText(file)).toBe('first');
  expect((await driver.listRemoved()).map((one) => one.volume.id)).toEqual([kept.volume.id]);
  expect(disk?.tags['holdfast:id']).toBe(kept.volume.id);
  await driver.close();
});

test('what a snapshot left frozen, as its processes were killed before the thaw, is thawed by the next start', async () => {
  const { rig, definition } = await setUp();
  const { state } = rig;
  await rig.driver.mount(db, id('a'), present);
  state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
  const { fileSystem } = walk(state, rig.mountpoint('db'), 'follow').node;
  const killed = new Error('the daemon is killed here');
  state.failNext('mounts.whileFrozen', killed);
  state.failNext('mounts.thaw', killed);
  await expect(rig.driver.snapshot(db, parseSnapshotName('before'))).rejects.toThrow();
  state.frozen.add(fileSystem);
  const next = await openRig({ state, definition, start: false });
  expect(await next.driver.planRecovery()).toMatchObject([{ action: 'thaw', volume: 'db' }]);
  await next.driver.recover();
  expect(state.frozen.size).toBe(0);
  expect(await next.driver.planRecovery()).toEqual([]);
  await next.driver.close();
});
