import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type CsiClient, mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';
import { createFakeState } from '../fakes/host/fake-host.ts';
import { id, openRig, present, volume } from '../fakes/rig.ts';

const db = volume('db');
const staging = '/staging/globalmount';
let rig: CsiRig;
beforeEach(async () => {
  rig = await openCsiRig();
  await rig.client.call('CreateVolume', { name: 'db', volume_capabilities: [mountable] });
});
afterEach(() => rig.close());

const staged = { volume_id: 'db', staging_target_path: staging, volume_capability: mountable };
const at = (target_path: string, more: object = {}) => ({ ...staged, target_path, ...more });

async function holders(): Promise<readonly (string | undefined)[]> {
  return ((await rig.driver.get(db))?.holders ?? []).map(({ kind, path }) => path ?? kind);
}

async function mounted(): Promise<readonly string[]> {
  return (await rig.host.mounts.below('/'))
    .map(({ mountpoint }) => mountpoint)
    .filter((path) => !path.startsWith('/srv'));
}

async function isStaged(): Promise<boolean> {
  return (await rig.host.mounts.at(rig.mountpoint('db'))).kind === 'mounted';
}

test('the calls of the kubelet for a pod, each twice: stage, publish, stats, unpublish, unstage', async () => {
  const twice = async (client: CsiClient, method: string, request: object) => {
    await client.call(method, request);
    await client.call(method, request);
  };
  await twice(rig.client, 'NodeStageVolume', staged);
  expect([await isStaged(), await mounted()]).toEqual([true, []]);
  await twice(rig.client, 'NodePublishVolume', at('/pods/a'));
  expect(await mounted()).toEqual(['/pods/a']);
  await twice(rig.client, 'NodeUnpublishVolume', at('/pods/a'));
  expect([await mounted(), await isStaged()]).toEqual([[], true]);
  await twice(rig.client, 'NodeUnstageVolume', staged);
  expect([await holders(), await isStaged()]).toEqual([[], false]);
});

test('the calls of Nomad for two allocations, one of which is read-only', async () => {
  await rig.client.call('NodeStageVolume', staged);
  await rig.client.call('NodePublishVolume', at('/pods/a'));
  await rig.client.call('NodePublishVolume', at('/pods/b', { readonly: true }));
  const entries = await rig.host.mounts.below('/pods');
  expect(entries.map(({ mountpoint, options }) => [mountpoint, options.includes('ro')])).toEqual([
    ['/pods/a', false],
    ['/pods/b', true],
  ]);
});

test('the calls of the kubelet for a second pod of a claim with ReadWriteOncePod: refused, until the first one is gone', async () => {
  const onePod = { ...mountable, access_mode: { mode: 'SINGLE_NODE_SINGLE_WRITER' } };
  const of = (pod: string) => at(pod, { volume_capability: onePod });
  await rig.client.call('NodeStageVolume', { ...staged, volume_capability: onePod });
  await rig.client.call('NodePublishVolume', of('/pods/a'));
  await rig.client.call('NodePublishVolume', of('/pods/a'));
  expect(await refusal(rig.client.call('NodePublishVolume', of('/pods/b')))).toMatch(
    /^FAILED_PRECONDITION: Volume db is published at \/pods\/a, and may only be at one path/,
  );
  expect(await mounted()).toEqual(['/pods/a']);
  await rig.client.call('NodeUnpublishVolume', at('/pods/a'));
  await rig.client.call('NodePublishVolume', of('/pods/b'));
  expect(await mounted()).toEqual(['/pods/b']);
});

test('a path of which the kernel no longer shows the mount keeps no other pod from a claim with ReadWriteOncePod', async () => {
  const onePod = { ...mountable, access_mode: { mode: 'SINGLE_NODE_SINGLE_WRITER' } };
  await rig.client.call('NodePublishVolume', at('/pods/a', { volume_capability: onePod }));
  await rig.host.mounts.unmount('/pods/a');
  await rig.client.call('NodePublishVolume', at('/pods/b', { volume_capability: onePod }));
  expect(await mounted()).toEqual(['/pods/b']);
});

test('the calls of the kubelet for two pods of a claim with ReadWriteOnce', async () => {
  const many = { ...mountable, access_mode: { mode: 'SINGLE_NODE_MULTI_WRITER' } };
  for (const path of ['/pods/a', '/pods/b'])
    await rig.client.call('NodePublishVolume', at(path, { volume_capability: many }));
  expect(await mounted()).toEqual(['/pods/a', '/pods/b']);
});

test('the order of unstage and unpublish does not matter: a published volume stays', async () => {
  await rig.client.call('NodeStageVolume', staged);
  await rig.client.call('NodePublishVolume', at('/pods/a'));
  await rig.client.call('NodeUnstageVolume', staged);
  expect([await mounted(), await isStaged()]).toEqual([['/pods/a'], true]);
  await rig.client.call('NodeUnpublishVolume', at('/pods/a'));
  expect([await mounted(), await isStaged()]).toEqual([[], false]);
});

test('without staging, as for Swarm, whose agent never unstages: the end of the last publication unmounts', async () => {
  const unstaged = await openCsiRig({}, { staging: false });
  const { client, host, mountpoint } = unstaged;
  try {
    const { capabilities } = await client.call('NodeGetCapabilities');
    expect(JSON.stringify(capabilities)).not.toContain('STAGE_UNSTAGE_VOLUME');
    await client.call('CreateVolume', { name: 'db', volume_capabilities: [mountable] });
    const published = (path: string) => at(path, { staging_target_path: '' });
    await client.call('NodePublishVolume', published('/pods/a'));
    await client.call('NodePublishVolume', published('/pods/b'));
    await client.call('NodeUnpublishVolume', { volume_id: 'db', target_path: '/pods/a' });
    expect((await host.mounts.at(mountpoint('db'))).kind).toBe('mounted');
    await client.call('NodeUnpublishVolume', { volume_id: 'db', target_path: '/pods/b' });
    expect((await host.mounts.at(mountpoint('db'))).kind).toBe('bare');
  } finally {
    await unstaged.close();
  }
});

test('Docker and an orchestrator share one stage', async () => {
  const { mountpoint } = await rig.driver.mount(db, id('docker'), present);
  await rig.client.call('NodeStageVolume', staged);
  await rig.client.call('NodePublishVolume', at('/pods/a'));
  expect(await rig.host.mounts.at('/pods/a')).toEqual(await rig.host.mounts.at(mountpoint));
  expect(await holders()).toEqual(['client', 'client', '/pods/a']);
  await rig.driver.unmount(db, id('docker'));
  expect(await mounted()).toEqual(['/pods/a']);
  await rig.client.call('NodeUnpublishVolume', at('/pods/a'));
  await rig.client.call('NodeUnstageVolume', staged);
  expect(await isStaged()).toBe(false);
});

test('a call that is repeated after a lost reply finds the result of the first one', async () => {
  const given = { deadline: 1 };
  await refusal(rig.client.call('NodeStageVolume', staged, given));
  await refusal(rig.client.call('NodePublishVolume', at('/pods/a'), given));
  await rig.client.call('NodeStageVolume', staged);
  await rig.client.call('NodePublishVolume', at('/pods/a'));
  expect([await mounted(), (await holders()).length]).toEqual([['/pods/a'], 2]);
});

test('a daemon that is killed in between knows everything again', async () => {
  const state = createFakeState();
  const first = await openCsiRig({ state });
  await first.client.call('CreateVolume', { name: 'db', volume_capabilities: [mountable] });
  await first.client.call('NodeStageVolume', staged);
  await first.client.call('NodePublishVolume', at('/pods/a'));
  // The first daemon was killed, so it is not closed.
  const second = await openCsiRig({ state });
  try {
    await second.client.call('NodePublishVolume', at('/pods/a'));
    expect((await second.driver.get(db))?.holders).toHaveLength(2);
    await second.client.call('NodeUnpublishVolume', at('/pods/a'));
    await second.client.call('NodeUnstageVolume', staged);
    expect(await second.host.mounts.at(second.mountpoint('db'))).toEqual({ kind: 'bare' });
    expect(await second.host.mounts.at('/pods/a')).toEqual({ kind: 'missing' });
  } finally {
    await second.close();
    await first.close();
  }
});

test('after a reboot nothing is held, and the remaining calls of the orchestrator succeed', async () => {
  const state = createFakeState();
  const first = await openCsiRig({ state });
  await first.client.call('CreateVolume', { name: 'db', volume_capabilities: [mountable] });
  await first.client.call('NodePublishVolume', at('/pods/a'));
  await first.close();
  state.reboot();
  const second = await openCsiRig({ state });
  try {
    expect((await second.driver.get(db))?.holders).toEqual([]);
    await second.client.call('NodeUnpublishVolume', at('/pods/a'));
    await second.client.call('NodeUnstageVolume', staged);
    await second.client.call('DeleteVolume', { volume_id: 'db' });
  } finally {
    await second.close();
  }
});

test.each([
  ['NodeStageVolume', { ...staged, volume_id: '' }, 'INVALID_ARGUMENT: The volume ID'],
  ['NodeStageVolume', { ...staged, staging_target_path: '' }, 'INVALID_ARGUMENT: The staging target path'],
  ['NodeStageVolume', { ...staged, volume_capability: undefined }, 'INVALID_ARGUMENT: The volume capability'],
  ['NodeStageVolume', { ...staged, volume_id: 'nothing' }, 'NOT_FOUND'],
  ['NodePublishVolume', at(''), 'INVALID_ARGUMENT: The target path'],
  ['NodePublishVolume', at('/pods/../etc'), 'INVALID_ARGUMENT: The path'],
  ['NodePublishVolume', at('/srv/mnt/holdfast/db'), 'INVALID_ARGUMENT: The path'],
  ['NodePublishVolume', { ...at('/pods/a'), volume_id: 'nothing' }, 'NOT_FOUND'],
  ['NodePublishVolume', { ...at('/pods/a'), volume_id: 'x'.repeat(300) }, 'NOT_FOUND'],
  ['NodeUnpublishVolume', at(''), 'INVALID_ARGUMENT: The target path'],
  ['NodeUnstageVolume', { volume_id: 'db' }, 'INVALID_ARGUMENT: The staging target path'],
])('%s of %j is refused, and holds nothing', async (method, request, words) => {
  expect(await refusal(rig.client.call(method, request))).toContain(words);
  expect([await holders(), await mounted()]).toEqual([[], []]);
});

test('a second daemon without this endpoint respects what is published', async () => {
  await rig.client.call('NodePublishVolume', at('/pods/a'));
  const other = await openRig({ state: rig.state, timings: { grace: 0, startup: 0 } });
  await other.driver.reap();
  await expect(other.driver.remove(db)).rejects.toMatchObject({ code: 'in-use' });
  await other.driver.close();
});
