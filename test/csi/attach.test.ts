import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { defineEbs } from '../../src/backends/ebs/definition.ts';
import { requireReadable } from '../../src/core/volume.ts';
import { mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';
import { createFakeCloud, createFakeEc2, type FakeCloud } from '../fakes/ec2/fake-ec2.ts';
import { createFakeState } from '../fakes/host/fake-host.ts';
import { volume } from '../fakes/rig.ts';

const zone = 'eu-test-1a';
const other = 'eu-test-1b';
let cloud: FakeCloud;
/** A controller and a node, on two instances. */
let rig: CsiRig;
let node: CsiRig;

/** EBS on an instance of the cloud. */
async function openOn(instanceId: string, settings: Readonly<Record<string, unknown>> = {}): Promise<CsiRig> {
  const state = createFakeState();
  cloud.addMachine(instanceId, { host: state });
  let now = 0;
  const sleep = async (milliseconds: number) => {
    now += milliseconds;
  };
  const definition = defineEbs({
    ec2: async () => createFakeEc2(cloud),
    whereabouts: async () => ({ region: 'eu-test-1', zone, instanceId }),
    clock: { now: () => now, sleep },
  });
  return openCsiRig({ state, definition, settings }, { pluginName: 'ebs.csi.holdfast.test' });
}

beforeEach(async () => {
  cloud = createFakeCloud();
  rig = await openOn('i-c');
  node = await openOn('i-a', { attachLimit: 3 });
});
afterEach(async () => {
  await rig.close();
  await node.close();
});

const inZone = (...zones: readonly string[]) => ({
  accessibility_requirements: {
    requisite: zones.map((name) => ({ segments: { 'ebs.csi.holdfast.test/zone': name } })),
    preferred: [],
  },
});
const create = (name: string, more: object = {}) =>
  rig.client.call('CreateVolume', { name, volume_capabilities: [mountable], ...more });
const publish = (more: object = {}) =>
  rig.client.call('ControllerPublishVolume', {
    volume_id: 'db',
    node_id: 'i-a',
    volume_capability: mountable,
    ...more,
  });
const unpublish = (more: object = {}) =>
  rig.client.call('ControllerUnpublishVolume', { volume_id: 'db', node_id: 'i-a', ...more });
const attached = () => [...cloud.volumes.values()].flatMap(({ attachments }) => attachments);

test('an orchestrator creates, attaches, mounts, unmounts and detaches a volume; each call comes twice', async () => {
  const at = { volume_id: 'db', staging_target_path: '/staging/db', target_path: '/pods/a' };
  const mounted = { ...at, volume_capability: mountable };
  const life: readonly (readonly [CsiRig, string, object])[] = [
    [rig, 'CreateVolume', { name: 'db', volume_capabilities: [mountable], ...inZone(zone) }],
    [rig, 'ControllerPublishVolume', { volume_id: 'db', node_id: 'i-a', volume_capability: mountable }],
    [node, 'NodeStageVolume', mounted],
    [node, 'NodePublishVolume', mounted],
    [node, 'NodeUnpublishVolume', at],
    [node, 'NodeUnstageVolume', at],
    [rig, 'ControllerUnpublishVolume', { volume_id: 'db', node_id: 'i-a' }],
    [rig, 'DeleteVolume', { volume_id: 'db' }],
  ];
  for (const [by, method, request] of life) {
    await Promise.all([by.client.call(method, request), by.client.call(method, request)]);
    if (method === 'ControllerPublishVolume')
      expect(attached()).toMatchObject([{ instanceId: 'i-a', state: 'attached' }]);
  }
  expect(cloud.log.filter((entry) => entry.startsWith('AttachVolume'))).toHaveLength(1);
  expect(attached()).toEqual([]);
});

test('what is missing, unknown or held is refused with the code of the interface', async () => {
  await create('db');
  expect(await refusal(publish({ volume_id: '' }))).toContain('INVALID_ARGUMENT: The volume ID');
  expect(await refusal(publish({ node_id: '' }))).toContain('INVALID_ARGUMENT: The node ID');
  expect(await refusal(publish({ volume_capability: null }))).toContain('INVALID_ARGUMENT');
  expect(await refusal(publish({ readonly: true }))).toContain('INVALID_ARGUMENT: A volume is not attached');
  expect(await refusal(publish({ volume_id: 'x' }))).toContain('NOT_FOUND');
  expect(await refusal(publish({ node_id: 'host-a' }))).toContain('NOT_FOUND');
  expect(await refusal(unpublish({ volume_id: '' }))).toContain('INVALID_ARGUMENT');
  expect(await refusal(unpublish({ volume_id: 'x' }))).toBe('OK');
  expect(await refusal(unpublish())).toBe('OK');
  await publish({ node_id: 'i-c' });
  expect(await refusal(publish())).toMatch(/^FAILED_PRECONDITION: .* attached to i-c/);
  expect(await refusal(unpublish({ node_id: '' }))).toBe('OK');
  expect(attached()).toEqual([]);
});

test('a node is its instance, in its zone, with its number of places', async () => {
  expect(await node.client.call('NodeGetInfo')).toMatchObject({
    node_id: 'i-a',
    max_volumes_per_node: '3',
    accessible_topology: { segments: { 'ebs.csi.holdfast.test/zone': zone } },
  });
  const { capabilities } = await rig.client.call('GetPluginCapabilities');
  expect(JSON.stringify(capabilities)).toContain('VOLUME_ACCESSIBILITY_CONSTRAINTS');
});

test('a volume is in the first of the required zones, as are later looks at it', async () => {
  const places = async (found: { volume: { accessible_topology: readonly { segments: object }[] } }) =>
    found.volume.accessible_topology.flatMap(({ segments }) => Object.values(segments));
  expect(await places(await create('db', inZone(other, zone)))).toEqual([other]);
  // Another order of the same zones: it is where it is.
  expect(await places(await create('db', inZone(zone, other)))).toEqual([other]);
  expect(await refusal(create('db', inZone(zone)))).toContain('ALREADY_EXISTS: Volume db exists in zone');
  expect(await places(await rig.client.call('ControllerGetVolume', { volume_id: 'db' }))).toEqual([other]);
  const { entries } = await rig.client.call('ListVolumes');
  expect(await places(entries[0])).toEqual([other]);
  expect(await refusal(publish())).toContain(`UNAVAILABLE: Volume db could not be attached`);
  expect(await places(await create('plain'))).toEqual([zone]);
  expect(await places(await create('plain', inZone(zone)))).toEqual([zone]);
  const { volume: found } = (await rig.driver.get(volume('plain'))) ?? {};
  expect(found && requireReadable(found).options.availabilityZone).toBeUndefined();
});

test('a zone among the parameters must be a required one', async () => {
  const asked = { parameters: { zone: other } };
  expect(await refusal(create('db', { ...asked, ...inZone(zone) }))).toContain(
    `INVALID_ARGUMENT: The parameters name zone ${other}`,
  );
  expect(await refusal(create('db', { ...asked, ...inZone(zone, other) }))).toBe('OK');
});

test('a published volume that only grows unmounted has its size already, or is refused more', async () => {
  await create('db', { capacity_range: { required_bytes: `${2 ** 30}` } });
  const at = { volume_id: 'db', target_path: '/pods/a', volume_capability: mountable };
  await node.client.call('NodePublishVolume', at);
  const expand = (bytes: number) =>
    node.client.call('NodeExpandVolume', {
      volume_id: 'db',
      volume_path: '/pods/a',
      capacity_range: { required_bytes: `${bytes}` },
    });
  expect(await expand(2 ** 30)).toEqual({ capacity_bytes: `${2 ** 30}` });
  expect(await refusal(expand(2 ** 31))).toContain('FAILED_PRECONDITION');
});

const sized = (gibibytes: number) => ({ capacity_range: { required_bytes: `${gibibytes * 2 ** 30}` } });
/** It grows while it is mounted. */
const xfs = { parameters: { fsType: 'xfs' } };
const expand = (gibibytes: number) =>
  rig.client.call('ControllerExpandVolume', { volume_id: 'db', ...sized(gibibytes) });
const expandOnNode = (gibibytes: number) =>
  node.client.call('NodeExpandVolume', { volume_id: 'db', volume_path: '/staging/db', ...sized(gibibytes) });
const staged = { volume_id: 'db', staging_target_path: '/staging/db', volume_capability: mountable };
/** The sizes of file systems that the node enlarged, in bytes. */
const grownFileSystems = () =>
  node.events.flatMap(({ event, fields }) => (event === 'disk-grown' ? [fields.bytes] : []));
const attaches = () => cloud.log.filter((entry) => entry.startsWith('AttachVolume'));

test('a controller enlarges a volume without attaching it; its next mount enlarges the file system', async () => {
  await create('db', { ...sized(1), ...xfs });
  await node.client.call('NodeStageVolume', staged);
  await node.client.call('NodeUnstageVolume', staged);
  const before = attaches();
  const grown = { capacity_bytes: `${2 * 2 ** 30}`, node_expansion_required: true };
  for (let time = 0; time < 2; time += 1) expect(await expand(2)).toEqual(grown);
  expect(attaches()).toEqual(before);
  await node.client.call('NodeStageVolume', staged);
  expect(grownFileSystems()).toEqual([2 * 2 ** 30]);
  expect(await expandOnNode(2)).toEqual({ capacity_bytes: grown.capacity_bytes });
});

test('a controller enlarges what a node has mounted; the node enlarges the file system', async () => {
  await create('db', { ...sized(1), ...xfs });
  await publish();
  await node.client.call('NodeStageVolume', staged);
  const grown = { capacity_bytes: `${3 * 2 ** 30}`, node_expansion_required: true };
  for (let time = 0; time < 2; time += 1) expect(await expand(3)).toEqual(grown);
  expect(attached()).toMatchObject([{ instanceId: 'i-a' }]);
  for (let time = 0; time < 2; time += 1)
    expect(await expandOnNode(3)).toEqual({ capacity_bytes: grown.capacity_bytes });
  expect(grownFileSystems()).toEqual([3 * 2 ** 30]);
});
