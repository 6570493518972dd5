import { expect, test } from '@jest/globals';
import { usualTimings } from '../../../src/driver/timings.ts';
import { createFakeEc2 } from '../../fakes/ec2/fake-ec2.ts';
import { onInstance } from '../../fakes/ec2/instance.ts';
import { id, openRig, present, volume } from '../../fakes/rig.ts';
import { eventually } from '../../lab/eventually.ts';

const db = volume('db');

/** A complete driver, with a count of the requests in each step. EC2 completes each change by the next look. */
async function counted(
  settings: Readonly<Record<string, unknown>> = {},
  refresh = usualTimings.refresh,
  naming: 'xen' | 'nvme' = 'nvme',
) {
  const { state, cloud, definition } = onInstance({ naming });
  cloud.looks = 0;
  // The driver checks for other hosts' changes at most every five seconds, so a slow test may include one check.
  const timings = { firstRefresh: refresh, refresh, watch: usualTimings.refresh };
  const rig = await openRig({ state, definition, settings, timings });
  const calls = () => cloud.log.map((entry) => entry.split(' ')[0] ?? '');
  const during = async (work: () => Promise<unknown>) => {
    const from = cloud.log.length;
    await work();
    return countOf(calls().slice(from));
  };
  return { cloud, rig, calls, during, close: () => rig.driver.close() };
}

function countOf(actions: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const action of actions) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

test('each verb sends at most these requests to EC2', async () => {
  const { rig, during, close } = await counted();
  const { driver } = rig;
  // Two lookups by name: for an equal volume, and before the request. The third sees the new volume available.
  expect(await during(() => driver.create(db, { size: '1' }))).toEqual({
    DescribeVolumes: 3,
    CreateVolume: 1,
  });
  // Lookups by name, by ID just before the attach, and until it is attached. The tag for a blank disk is removed.
  expect(await during(() => driver.mount(db, id('a'), present))).toEqual({
    DescribeVolumes: 3,
    DescribeInstances: 1,
    AttachVolume: 1,
    DeleteTags: 1,
  });
  expect(await during(() => driver.unmount(db, id('a')))).toEqual({ DetachVolume: 1, DescribeVolumes: 1 });
  expect(await during(() => driver.mount(db, id('b'), present))).toEqual({
    DescribeVolumes: 3,
    DescribeInstances: 1,
    AttachVolume: 1,
  });
  await driver.unmount(db, id('b'));
  // It is not mounted again to find its users: they were checked before its disk was detached.
  expect(await during(() => driver.remove(db))).toEqual({ DescribeVolumes: 2, CreateTags: 1 });
  await close();
});

test('what is already mounted or known needs no request', async () => {
  const { rig, during, close } = await counted();
  const { driver } = rig;
  await driver.create(db, { size: '1' });
  await driver.mount(db, id('a'), present);
  const again = async () => {
    await driver.get(db);
    await driver.mount(db, id('b'), present);
    await driver.unmount(db, id('b'));
    [...driver.list()];
  };
  expect(await during(again)).toEqual({});
  await close();
});

test('an unmounted volume that is still attached is mounted without a request', async () => {
  const { rig, during, close } = await counted({ linger: '1h' });
  const { driver } = rig;
  await driver.create(db, { size: '1' });
  await driver.mount(db, id('a'), present);
  await rig.host.files.writeText(`${rig.mountpoint('db')}/file`, 'precious', 'replace');
  const warm = async () => {
    await driver.unmount(db, id('a'));
    await driver.get(db);
    await driver.mount(db, id('b'), present);
  };
  expect(await during(warm)).toEqual({});
  expect(await rig.host.files.readText(`${rig.mountpoint('db')}/file`)).toBe('precious');
  await close();
});

test('on Xen, a volume that is still attached needs a request: its device has no serial number', async () => {
  const { rig, during, close } = await counted({ linger: '1h' }, usualTimings.refresh, 'xen');
  const { driver } = rig;
  await driver.create(db, { size: '1' });
  await driver.mount(db, id('a'), present);
  await driver.unmount(db, id('a'));
  // EC2 reports that it is attached.
  expect(await during(() => driver.mount(db, id('b'), present))).toEqual({ DescribeVolumes: 1 });
  await close();
});

test('a volume that somebody detached in the meantime is attached again', async () => {
  const { cloud, rig, during, close } = await counted({ linger: '1h' });
  const { driver } = rig;
  await driver.create(db, { size: '1' });
  await driver.mount(db, id('a'), present);
  await driver.unmount(db, id('a'));
  const [volume] = cloud.volumes.values();
  await createFakeEc2(cloud).detach(volume?.id ?? '', 'i-a', undefined, AbortSignal.timeout(100_000));
  if (volume) cloud.look(volume);
  expect(await during(() => driver.mount(db, id('b'), present))).toMatchObject({ AttachVolume: 1 });
  await close();
});

test('rule 12: an idle daemon sends three requests in five minutes, for any number of volumes', async () => {
  const { cloud, rig, calls, during, close } = await counted({}, 50);
  for (const name of ['a', 'b', 'c']) {
    await rig.driver.create(volume(name), { size: '1' });
    await rig.driver.mount(volume(name), id(name), present);
  }
  // At its start it looks for what an earlier daemon left.
  await eventually('the first round is over', async () =>
    calls().some((call) => call.startsWith('DescribeSnapshots')),
  );
  const from = cloud.log.length;
  await during(() => eventually('ten rounds are over', async () => calls().length >= from + 30));
  const asked = new Set(cloud.log.slice(from));
  expect([...asked].map((entry) => entry.split(' ')[0])).toEqual(Array(3).fill('DescribeVolumes'));
  expect(usualTimings.refresh).toBeGreaterThanOrEqual(300_000);
  await close();
});
