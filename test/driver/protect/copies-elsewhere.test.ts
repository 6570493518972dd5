import { expect, test } from '@jest/globals';
import { defineEbs } from '../../../src/backends/ebs/definition.ts';
import { parseSnapshotName } from '../../../src/core/names.ts';
import { fastClock } from '../../backends/ebs/disk/under-test.ts';
import { createFakeCloud, createFakeEc2, type FakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { createFakeState } from '../../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';

const [db, again] = [volume('db'), volume('again')];
const before = parseSnapshotName('before');
const region = 'eu-other-1';

/** A host with the driver `ebs` in that region. */
async function rigIn(cloud: FakeCloud): Promise<Rig> {
  const state = createFakeState();
  const zone = cloud.zones[0] ?? '';
  const instanceId = `i-${cloud.region}`;
  cloud.addMachine(instanceId, { host: state });
  state.next.id = cloud.machines.size * 0x10000 + (cloud.region === region ? 0x90000 : 0);
  const definition = defineEbs({
    ec2: async () => createFakeEc2(cloud),
    ec2In: async (of) => createFakeEc2(cloud.regions.get(of) ?? createFakeCloud([`${of}a`], cloud)),
    whereabouts: async () => ({ region: cloud.region, zone, instanceId }),
    clock: fastClock(),
  });
  return openRig({ state, definition, name: 'ebs' });
}

async function setUp() {
  const cloud = createFakeCloud();
  const other = createFakeCloud([`${region}a`], cloud);
  const [here, there] = [await rigIn(cloud), await rigIn(other)];
  await here.driver.create(db, { size: '1' });
  await write(here, 'first');
  await here.driver.snapshot(db, before);
  return { cloud, other, here, there };
}

async function write({ driver, host }: Rig, text: string): Promise<void> {
  const { mountpoint } = await driver.mount(db, id('w'), present);
  await host.files.writeText(`${mountpoint}/file`, text, 'replace');
  await driver.unmount(db, id('w'));
}

async function read({ driver, host }: Rig, name = db): Promise<string | undefined> {
  const { mountpoint } = await driver.mount(name, id('r'), present);
  const text = await host.files.readText(`${mountpoint}/file`);
  await driver.unmount(name, id('r'));
  return text;
}

const copyIntent = { verb: 'copy-snapshot', name: db, snapshot: before, place: region } as const;

test('a copy is foreseen as one step, and as none once it is there', async () => {
  const { here, other } = await setUp();
  expect((await here.driver.foresee(copyIntent)).steps).toEqual([
    { act: 'copy snapshot', about: expect.stringMatching(/^before of \S+, to eu-other-1$/) },
  ]);
  expect(other.snapshots.size).toBe(0);
  await here.driver.copySnapshot(db, before, region);
  expect((await here.driver.foresee(copyIntent)).steps).toEqual([]);
});

test('simultaneous calls make one copy', async () => {
  const { here, other } = await setUp();
  const copy = () => here.driver.copySnapshot(db, before, region);
  const [first, second] = await Promise.all([copy(), copy()]);
  expect([second, other.snapshots.size]).toEqual([first, 1]);
});

test('the driver of that name in the other region lists the copy, although its volume is not there', async () => {
  const { here, there } = await setUp();
  expect(await there.driver.listSnapshots()).toEqual([]);
  await here.driver.copySnapshot(db, before, region);
  const listed = { volume: db, snapshot: { name: before, copiedFrom: 'eu-test-1' } };
  expect(await there.driver.listSnapshots()).toMatchObject([listed]);
  expect(await there.driver.listSnapshots(db)).toMatchObject([listed]);
});

test.each([again, db])('a volume %s is made of the copy there, with the data', async (name) => {
  const { here, there } = await setUp();
  await here.driver.copySnapshot(db, before, region);
  const options = { from: 'db@before' };
  expect((await there.driver.foresee({ verb: 'create', name, options })).volume).toMatchObject({ name });
  await there.driver.create(name, options);
  expect(await read(there, name)).toBe('first');
  await there.driver.create(name, options);
  expect(await there.driver.listSnapshots(db)).toMatchObject([{ snapshot: { copiedFrom: 'eu-test-1' } }]);
});

test('a snapshot that was not copied is refused there, with the way out', async () => {
  const { there } = await setUp();
  for (const name of [again, db])
    await expect(there.driver.create(name, { from: 'db@before' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(
        /^Volume db does not exist .* copied first, where it is: `holdfast snapshot copy db@NAME --to REGION`/,
      ),
    });
  await expect(there.driver.create(db, { from: 'db' })).rejects.toMatchObject({ code: 'invalid' });
});

test('a name that no copy has is refused with the names of those that are there', async () => {
  const { here, there } = await setUp();
  await here.driver.copySnapshot(db, before, region);
  await expect(there.driver.create(again, { from: 'db@befor' })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(/no snapshot befor.*before/),
  });
});

test('the copy outlives its snapshot, and is removed where it is', async () => {
  const { cloud, here, other, there } = await setUp();
  await here.driver.copySnapshot(db, before, region);
  await here.driver.removeSnapshot(db, before);
  expect([cloud.snapshots.size, other.snapshots.size]).toEqual([0, 1]);
  const intent = { verb: 'remove-snapshot', name: db, snapshot: before } as const;
  expect((await there.driver.foresee(intent)).steps).toMatchObject([{ act: 'delete snapshot' }]);
  await there.driver.removeSnapshot(db, before);
  expect(other.snapshots.size).toBe(0);
});

test('a snapshot of a volume that is there goes before the copy of that name', async () => {
  const { here, there } = await setUp();
  await here.driver.copySnapshot(db, before, region);
  await there.driver.create(db, { size: '1' });
  await write(there, 'other');
  await there.driver.snapshot(db, before);
  for (const listed of [await there.driver.listSnapshots(), await there.driver.listSnapshots(db)])
    expect(listed.map(({ snapshot }) => 'copiedFrom' in snapshot)).toEqual([false]);
  await there.driver.create(again, { from: 'db@before' });
  expect(await read(there, again)).toBe('other');
});
