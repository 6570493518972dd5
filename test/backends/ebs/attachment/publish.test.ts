import { beforeEach, expect, test } from '@jest/globals';
import type { Attachments } from '../../../../src/backends/backend.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeCloud, type FakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { hideDevices } from '../../../fakes/host/disks.ts';
import { diskOf, type EbsHost, holdersOf, live, openHost, otherZone } from '../hosts.ts';

let cloud: FakeCloud;
/** The controller's host. */
let controller: EbsHost;
let node: EbsHost;
let db: Volume;
beforeEach(async () => {
  cloud = createFakeCloud();
  controller = await openHost(cloud, 'i-c');
  node = await openHost(cloud, 'i-a');
  db = await controller.create('db');
});

const of = ({ backend: { attachments } }: EbsHost): Attachments => {
  if (attachments.kind === 'none') throw new Error('EBS has them');
  return attachments;
};
const attach = (id: string, by = controller) => of(by).attach(db, id, live);
const detach = (id?: string, by = controller) => of(by).detach(db, id, live);
const claim = () => diskOf(cloud, db).tags['holdfast:published'];
const requests = (action: string) => cloud.log.filter((entry) => entry.startsWith(action)).length;
/** The idle disks of a host are detached in the second round. */
const purgeTwice = async (host: EbsHost) => {
  await host.purge();
  await host.purge();
};

test.each([
  ['another host', () => controller],
  ['the node itself', () => node],
])(
  'by %s, a volume is attached to the node, mounted there, and detached; each may be repeated',
  async (_, by) => {
    for (let times = 0; times < 2; times++) await attach('i-a', by());
    expect(holdersOf(cloud, db)).toEqual(['i-a attached']);
    expect(requests('AttachVolume')).toBe(1);
    await node.stage(db);
    await node.write(db, 'kept');
    expect(requests('AttachVolume')).toBe(1);
    await node.unstage(db);
    for (let times = 0; times < 2; times++) await detach('i-a', by());
    expect(holdersOf(cloud, db)).toEqual([]);
    expect(claim()).toBeUndefined();
    await attach('i-c');
    await controller.stage(db);
    expect(await controller.read(db)).toBe('kept');
  },
);

test('a published volume stays attached while nobody mounts it, until it is unpublished', async () => {
  await attach('i-a');
  await purgeTwice(node);
  node.restart();
  await purgeTwice(node);
  expect(holdersOf(cloud, db)).toEqual(['i-a attached']);
  await expect(node.backend.remove(db, live)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringContaining('let it detach the volume first'),
  });
  await detach(undefined);
  expect(holdersOf(cloud, db)).toEqual([]);
  await node.backend.remove(db, live);
});

test('a volume that the node has mounted is not detached by others, and is once it is unmounted', async () => {
  await attach('i-a');
  await node.stage(db);
  const refused = {
    code: 'in-use',
    message: expect.stringMatching(/could not be detached: .* attached to i-a/),
  };
  await expect(detach('i-a')).rejects.toMatchObject(refused);
  await expect(detach('i-a', node)).rejects.toMatchObject({ code: 'in-use' });
  expect(holdersOf(cloud, db)).toEqual(['i-a attached']);
  await node.unstage(db);
  expect(holdersOf(cloud, db)).toEqual([]);
  await detach('i-a');
});

test.each(['nvme', 'xen'] as const)(
  'a controller on the node of a mounted volume does not detach it, in a container that has no device of it: %s',
  async (naming) => {
    const end = new AbortController();
    const onPause = (now: number) => (now > 20_000 ? end.abort() : undefined);
    const both = await openHost(cloud, 'i-b', { machine: { naming }, onPause });
    await attach('i-b');
    await both.stage(db);
    hideDevices(both.state);
    await expect(of(both).detach(db, 'i-b', end.signal)).rejects.toMatchObject({ code: 'in-use' });
    expect(holdersOf(cloud, db)).toEqual(['i-b attached']);
  },
);

test('what the node mounted by itself, such as for Docker, stays its own', async () => {
  await node.stage(db);
  await attach('i-a');
  expect(claim()).toBeUndefined();
  await expect(detach('i-a')).rejects.toMatchObject({ code: 'in-use' });
  await node.unstage(db);
  expect(holdersOf(cloud, db)).toEqual([]);
  await attach('i-a');
  await node.stage(db);
  await node.unstage(db);
  expect(claim()).toBeUndefined();
});

test('a volume of another live host is refused, and one of a dead host is taken over', async () => {
  await attach('i-a');
  await expect(attach('i-c')).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringMatching(/could not be attached: .* is attached to i-a/),
  });
  expect(claim()).toBe('i-a');
  cloud.setMachineState('i-a', 'stopped');
  await attach('i-c');
  expect(holdersOf(cloud, db)).toEqual(['i-c attached']);
  expect(claim()).toBe('i-c');
  expect(controller.acts.map(({ act }) => act)).toContain('take-over');
});

test('a volume is detached from a host that died while it was mounted there', async () => {
  await attach('i-a');
  await node.stage(db);
  await expect(detach('i-a')).rejects.toMatchObject({ code: 'in-use' });
  cloud.setMachineState('i-a', 'stopped');
  await detach('i-a');
  expect(holdersOf(cloud, db)).toEqual([]);
});

test.each(['i-0', 'host-a', '', '../i-a'])('the node %j does not exist', async (id) => {
  await expect(attach(id)).rejects.toMatchObject({ code: 'not-found' });
  await detach(id);
  expect(claim()).toBeUndefined();
});

test('a node that is terminated, or in another zone, gets nothing', async () => {
  await openHost(cloud, 'i-b', { machine: { zone: otherZone } });
  await expect(attach('i-b')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`and i-b is in ${otherZone}`),
  });
  cloud.setMachineState('i-a', 'terminated');
  await expect(attach('i-a')).rejects.toMatchObject({ code: 'not-found' });
  expect(holdersOf(cloud, db)).toEqual([]);
});

test('a volume that was removed is detached already', async () => {
  await controller.backend.remove(db, live);
  await detach('i-a');
  await expect(attach('i-a')).rejects.toMatchObject({ code: 'not-found' });
});

test('attaches of one controller to two nodes count for each node alone', async () => {
  const limited = await openHost(cloud, 'i-l', { settings: { attachLimit: 1 } });
  const other = await limited.create('other');
  await Promise.all([attach('i-a', limited), of(limited).attach(other, 'i-c', live)]);
  const third = await limited.create('third');
  await expect(of(limited).attach(third, 'i-a', live)).rejects.toMatchObject({
    message: expect.stringMatching(/i-a \(.*\) takes 1 by the driver's attachLimit/),
  });
});

test('a host tells its instance, its zone, and how many volumes it takes beside its other disks', async () => {
  const before = await of(node).thisHost(live);
  expect(before).toMatchObject({ id: 'i-a', zone: 'eu-test-1a', mostVolumes: expect.any(Number) });
  await attach('i-a');
  expect(await of(node).thisHost(live)).toEqual(before);
  const limited = await openHost(cloud, 'i-l', { settings: { attachLimit: 3 } });
  expect(await of(limited).thisHost(live)).toMatchObject({ mostVolumes: 3 });
});

test('a kill anywhere leaves nothing that the repeated call does not complete', async () => {
  const moments: string[] = [];
  const killed = async (at: number) => {
    let count = 0;
    controller.restart({
      watch: (when, action, detail) => {
        count += 1;
        if (at === Number.POSITIVE_INFINITY) moments.push(`${when} ${action} ${detail}`);
        if (count >= at) throw new Error('killed');
      },
    });
    await attach('i-a')
      .then(() => detach('i-a'))
      .catch(() => undefined);
  };
  await killed(Number.POSITIVE_INFINITY);
  expect(moments.length).toBeGreaterThan(6);
  for (let at = 1; at <= moments.length; at++) {
    await killed(at);
    controller.restart({});
    await attach('i-a');
    await node.purge();
    expect(holdersOf(cloud, db)).toEqual(['i-a attached']);
    await detach('i-a');
    expect(holdersOf(cloud, db)).toEqual([]);
    expect(claim()).toBeUndefined();
  }
});
