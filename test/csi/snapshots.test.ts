import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../src/core/names.ts';
import type { VolumeDriver } from '../../src/driver/volume-driver.ts';
import { mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';
import { createFakeState } from '../fakes/host/fake-host.ts';
import { volume } from '../fakes/rig.ts';

const GiB = 1024 ** 3;
let rig: CsiRig;
beforeEach(async () => {
  rig = await openCsiRig();
  await create('db');
});
afterEach(() => rig.close());

const call = (method: string, request: object = {}) => rig.client.call(method, request);
const create = (name: string, more: object = {}) =>
  call('CreateVolume', {
    name,
    volume_capabilities: [mountable],
    capacity_range: { required_bytes: `${GiB}` },
    ...more,
  });
const take = (name: string, source_volume_id = 'db') => call('CreateSnapshot', { name, source_volume_id });
const from = (snapshot_id: string) => ({ volume_content_source: { snapshot: { snapshot_id } } });
const copyOf = (volume_id: string) => ({ volume_content_source: { volume: { volume_id } } });

async function listed(request: object = {}): Promise<readonly string[]> {
  const { entries } = await call('ListSnapshots', request);
  return entries.map(({ snapshot }: { snapshot: { snapshot_id: string } }) => snapshot.snapshot_id);
}

describe('CreateSnapshot', () => {
  test('keeps a state of the volume, once', async () => {
    const { snapshot } = await take('before');
    expect(snapshot).toMatchObject({
      snapshot_id: 'db@before',
      source_volume_id: 'db',
      size_bytes: `${GiB}`,
      ready_to_use: true,
    });
    const age = Date.now() / 1000 - Number(snapshot.creation_time.seconds);
    expect(Math.abs(age)).toBeLessThan(3600 * 24 * 365 * 100);
    expect(await take('before')).toEqual({ snapshot });
    const asked = { parameters: { 'csi.storage.k8s.io/volumesnapshot/name': 'claim' } };
    expect(await call('CreateSnapshot', { name: 'before', source_volume_id: 'db', ...asked })).toEqual({
      snapshot,
    });
  });

  test('requested many times at once makes one snapshot', async () => {
    const all = await Promise.all(Array.from({ length: 32 }, () => take('before')));
    expect(new Set(all.map(({ snapshot }) => snapshot.snapshot_id))).toEqual(new Set(['db@before']));
    expect(await listed()).toEqual(['db@before']);
  });

  test('with one name for two volumes at once is refused for one of them', async () => {
    await create('other');
    const outcomes = await Promise.all([
      refusal(take('before')),
      refusal(take('before', 'other')),
      refusal(take('before')),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'OK').length).toBeGreaterThan(0);
    expect(outcomes.join()).toContain('ALREADY_EXISTS: Snapshot before exists, and is of volume');
    expect(await listed()).toHaveLength(1);
    expect(await refusal(take('before', 'other'))).toContain('ALREADY_EXISTS');
  });

  test.each([
    ['no name', { source_volume_id: 'db' }, 'INVALID_ARGUMENT: The name of the snapshot is missing'],
    ['no volume', { name: 's' }, 'INVALID_ARGUMENT: The source volume ID is missing'],
    ['a volume that is not there', { name: 's', source_volume_id: 'x' }, 'NOT_FOUND'],
    [
      'a parameter',
      { name: 's', source_volume_id: 'db', parameters: { type: 'fast' } },
      'INVALID_ARGUMENT: A snapshot has no parameter "type"',
    ],
    [
      'another value',
      { name: 's', source_volume_id: 'db', parameters: { whileInUse: 'yes' } },
      'INVALID_ARGUMENT: The parameter whileInUse is "yes"',
    ],
    ['control characters', { name: 'a\u0007', source_volume_id: 'db' }, 'INVALID_ARGUMENT: The name of the'],
  ])('refuses %s, and creates nothing', async (_, request, words) => {
    expect(await refusal(call('CreateSnapshot', request))).toContain(words);
    expect(await listed()).toEqual([]);
  });

  test('of a directory in use is made if the class says so', async () => {
    await create('files', { capacity_range: undefined });
    const place = { volume_id: 'files', target_path: '/pods/a', volume_capability: mountable };
    await call('NodePublishVolume', place);
    expect(await refusal(take('before', 'files'))).toContain('FAILED_PRECONDITION');
    const parameters = { whileInUse: 'true' };
    await call('CreateSnapshot', { name: 'before', source_volume_id: 'files', parameters });
    expect(await listed()).toHaveLength(1);
  });
  test('of a volume in use that needs a full copy is refused, and says what to do', async () => {
    await call('NodePublishVolume', {
      volume_id: 'db',
      target_path: '/pods/a',
      volume_capability: mountable,
    });
    expect(await refusal(take('before'))).toMatch(/^FAILED_PRECONDITION: .*published to at \/pods\/a/);
  });

  test('a snapshot is found by its ID of at most 128 bytes, whatever the names', async () => {
    const names = ['a b/../c', '✓ é', 'é'.repeat(64)];
    for (const name of names) await create(name);
    for (const name of names) {
      const { snapshot } = await take(name, name);
      expect(Buffer.from(snapshot.snapshot_id).length).toBeLessThanOrEqual(128);
      expect(snapshot.source_volume_id).toBe(name);
      expect(await listed({ snapshot_id: snapshot.snapshot_id })).toEqual([snapshot.snapshot_id]);
      const { volume: copy } = await create(`copy of ${names.indexOf(name)}`, from(snapshot.snapshot_id));
      expect(copy.content_source.snapshot.snapshot_id).toBe(snapshot.snapshot_id);
      await call('DeleteSnapshot', { snapshot_id: snapshot.snapshot_id });
      expect(await listed({ snapshot_id: snapshot.snapshot_id })).toEqual([]);
    }
  });
});

describe('DeleteSnapshot', () => {
  test('succeeds for a snapshot that does not or cannot exist, also many times at once', async () => {
    await take('before');
    const ids = ['db@before', 'db@other', 'nothing@before', 'x', '@', '\u0000', 'x'.repeat(4000)];
    const calls = [...ids, ...ids].map((snapshot_id) => call('DeleteSnapshot', { snapshot_id }));
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({})));
    expect(await refusal(call('DeleteSnapshot'))).toBe('INVALID_ARGUMENT: The snapshot ID is missing.');
    expect(await listed()).toEqual([]);
  });

  test('is required before the deletion of the volume', async () => {
    await take('before');
    const refused = await refusal(call('DeleteVolume', { volume_id: 'db' }));
    expect(refused).toContain(
      'FAILED_PRECONDITION: Volume db has snapshots (before), which would go with it',
    );
    await call('DeleteSnapshot', { snapshot_id: 'db@before' });
    expect(await refusal(call('DeleteVolume', { volume_id: 'db' }))).toBe('OK');
  });
});

describe('ListSnapshots', () => {
  test('pages stay correct if snapshots are created and removed between them', async () => {
    await create('other');
    for (const name of ['a', 'b', 'c', 'd']) await take(name);
    await take('e', 'other');
    const first = await call('ListSnapshots', { max_entries: 2 });
    await call('DeleteSnapshot', { snapshot_id: 'db@b' });
    await call('DeleteSnapshot', { snapshot_id: 'db@c' });
    await take('aa');
    await take('cc');
    const second = await call('ListSnapshots', { max_entries: 2, starting_token: first.next_token });
    const ids = ({ entries }: { entries: readonly { snapshot: { snapshot_id: string } }[] }) =>
      entries.map(({ snapshot }) => snapshot.snapshot_id);
    expect([ids(first), ids(second)]).toEqual([
      ['db@a', 'db@b'],
      ['db@cc', 'db@d'],
    ]);
    expect(await listed({ starting_token: second.next_token })).toEqual(['other@e']);
  });

  test('of one volume, or of one snapshot', async () => {
    await create('other');
    await take('a');
    await take('b', 'other');
    expect(await listed({ source_volume_id: 'db' })).toEqual(['db@a']);
    expect(await listed({ source_volume_id: 'nothing' })).toEqual([]);
    expect(await listed({ snapshot_id: 'other@b' })).toEqual(['other@b']);
    expect(await listed({ snapshot_id: 'other@b', source_volume_id: 'db' })).toEqual([]);
    expect(await refusal(call('ListSnapshots', { starting_token: 'x' }))).toContain('ABORTED');
  });
});

describe('a volume with a content source', () => {
  test('is a copy, once, and is found even if its source is gone', async () => {
    await take('before');
    const { volume: copy } = await create('copy', from('db@before'));
    expect(copy).toMatchObject({ volume_id: 'copy', capacity_bytes: `${GiB}` });
    expect(copy.content_source.snapshot).toEqual({ snapshot_id: 'db@before' });
    await call('DeleteSnapshot', { snapshot_id: 'db@before' });
    expect((await create('copy', from('db@before'))).volume).toEqual(copy);
    expect((await create('twin', copyOf('db'))).volume.content_source.volume).toEqual({ volume_id: 'db' });
  });

  test('is not the same as an empty volume, or as a copy of another source', async () => {
    await take('before');
    await create('copy', from('db@before'));
    const exists = 'ALREADY_EXISTS: Volume copy exists';
    expect(await refusal(create('copy'))).toContain(exists);
    expect(await refusal(create('copy', copyOf('db')))).toContain(exists);
    expect(await refusal(create('db', from('db@before')))).toContain('ALREADY_EXISTS: Volume db exists');
  });

  test.each([
    ['snapshot', from('of-another-host@s')],
    ['volume', copyOf('of-another-host')],
  ])('of a %s that is on another host leaves the orchestrator to try that one', async (_, source) => {
    const here = { segments: { 'local.csi.holdfast.test/host': 'host-a' } };
    const placed = { ...source, accessibility_requirements: { requisite: [here], preferred: [here] } };
    expect(await refusal(create('copy', placed))).toMatch(
      /^RESOURCE_EXHAUSTED: .*A copy is made on the host of its source: this is host-a\.$/,
    );
  });

  test('may be larger than its source, but not smaller', async () => {
    const larger = { capacity_range: { required_bytes: `${2 * GiB}` }, ...copyOf('db') };
    expect((await create('copy', larger)).volume.capacity_bytes).toBe(`${2 * GiB}`);
    expect((await create('copy', larger)).volume.capacity_bytes).toBe(`${2 * GiB}`);
    const smaller = { capacity_range: { limit_bytes: `${GiB / 2}` }, ...copyOf('db') };
    expect(await refusal(create('small', smaller))).toContain('OUT_OF_RANGE: A copy of db has the size');
    expect(await rig.driver.get(volume('small'))).toBeUndefined();
  });

  test('has its larger size even if the daemon was killed in the middle', async () => {
    const state = createFakeState();
    const first = await openCsiRig({ state });
    await first.driver.create(volume('db'), { size: '1GiB' });
    await first.driver.create(volume('copy'), { from: 'db' });
    const second = await openCsiRig({ state });
    try {
      const larger = { capacity_range: { required_bytes: `${2 * GiB}` }, ...copyOf('db') };
      const asked = { name: 'copy', volume_capabilities: [mountable], ...larger };
      expect((await second.client.call('CreateVolume', asked)).volume.capacity_bytes).toBe(`${2 * GiB}`);
    } finally {
      await second.close();
      await first.close();
    }
  });

  test.each([
    ['a snapshot that is not there', from('db@x'), 'NOT_FOUND'],
    ['a volume that is not there', copyOf('x'), 'NOT_FOUND'],
    ['no source at all', { volume_content_source: {} }, 'INVALID_ARGUMENT: The content source names neither'],
    ['two sources', { ...copyOf('db'), parameters: { From: 'db' } }, 'INVALID_ARGUMENT: The source is given'],
    ['another file system', { ...copyOf('db'), parameters: { fsType: 'xfs' } }, 'INVALID_ARGUMENT'],
  ])('of %s is refused, and not created', async (_, request, words) => {
    expect(await refusal(create('copy', request))).toContain(words);
    expect(await rig.driver.get(volume('copy'))).toBeUndefined();
  });
});

test('a snapshot that the storage still copies is not ready, and a copy of a disk is larger from the start', async () => {
  const driver = createFakeDriver('ebs');
  const disks: VolumeDriver = {
    ...driver,
    capabilities: { scope: 'global', sharing: 'one-host' },
    offers: { snapshots: true, growth: false, modifications: false, freeSpace: false, attachments: false },
    snapshot: async (name, snapshot) => ({ ...(await driver.snapshot(name, snapshot)), progress: 40 }),
  };
  await driver.create(volume('db'), { size: '1GiB' });
  const ebs = await openCsiRig({}, { driver: () => disks });
  try {
    const asked = { name: 'before', source_volume_id: 'db' };
    expect((await ebs.client.call('CreateSnapshot', asked)).snapshot.ready_to_use).toBe(false);
    const larger = { capacity_range: { required_bytes: `${2 * GiB - 1}` }, ...from('db@before') };
    const copy = { name: 'copy', volume_capabilities: [mountable], ...larger };
    for (let time = 0; time < 2; time += 1)
      expect((await ebs.client.call('CreateVolume', copy)).volume.capacity_bytes).toBe(`${2 * GiB}`);
    await ebs.client.call('DeleteSnapshot', { snapshot_id: 'db@before' });
    expect((await ebs.client.call('CreateVolume', copy)).volume.capacity_bytes).toBe(`${2 * GiB}`);
  } finally {
    await ebs.close();
  }
});

describe('growth', () => {
  const grow = (required: number, more: object = {}) =>
    call('ControllerExpandVolume', {
      volume_id: 'db',
      capacity_range: { required_bytes: `${required}`, ...more },
    });

  test('makes a volume larger, once, and never smaller', async () => {
    const grown = { capacity_bytes: `${2 * GiB}`, node_expansion_required: false };
    expect(await grow(2 * GiB)).toEqual(grown);
    expect(await grow(2 * GiB)).toEqual(grown);
    expect(await grow(GiB)).toEqual(grown);
    expect(await refusal(grow(GiB, { limit_bytes: `${GiB}` }))).toContain('OUT_OF_RANGE: Volume db has');
    expect((await create('db', { capacity_range: { required_bytes: `${2 * GiB}` } })).volume).toMatchObject({
      capacity_bytes: `${2 * GiB}`,
    });
  });

  test('on a node needs a volume that is there', async () => {
    const at = { volume_id: 'db', target_path: '/pods/a', volume_capability: mountable };
    const expand = (volume_path: string, volume_id = 'db') =>
      call('NodeExpandVolume', { volume_id, volume_path });
    expect(await refusal(expand('/pods/a'))).toContain('NOT_FOUND');
    expect(await refusal(expand('/pods/a', 'x'))).toContain('NOT_FOUND');
    expect(await refusal(expand(''))).toContain('INVALID_ARGUMENT: The volume path');
    await call('NodePublishVolume', at);
    expect(await expand('/pods/a')).toEqual({ capacity_bytes: `${GiB}` });
  });

  test.each([
    ['no ID', { capacity_range: { required_bytes: '1' } }, 'INVALID_ARGUMENT: The volume ID'],
    ['no range', { volume_id: 'db' }, 'INVALID_ARGUMENT: The capacity range is missing'],
    ['a volume that is not there', { volume_id: 'x', capacity_range: { required_bytes: '1' } }, 'NOT_FOUND'],
  ])('of %s is refused', async (_, request, words) => {
    expect(await refusal(call('ControllerExpandVolume', request))).toContain(words);
  });

  test('of a volume without its own size is refused with the reason', async () => {
    await rig.driver.create(volume('plain'), {});
    const asked = { volume_id: 'plain', capacity_range: { required_bytes: `${GiB}` } };
    expect(await refusal(call('ControllerExpandVolume', asked))).toContain(
      'INVALID_ARGUMENT: Volume plain could not be enlarged',
    );
  });
});

test('`holdfast` and this endpoint have the same snapshots', async () => {
  await rig.driver.snapshot(volume('db'), parseSnapshotName('nightly'));
  expect(await listed()).toEqual(['db@nightly']);
  expect((await take('nightly')).snapshot.snapshot_id).toBe('db@nightly');
});
