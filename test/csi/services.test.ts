import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../src/core/names.ts';
import { mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
let rig: CsiRig;
beforeEach(async () => {
  rig = await openCsiRig();
});
afterEach(() => rig.close());

const call = (method: string, request: object = {}) => rig.client.call(method, request);
const create = (name: string, more: object = {}) =>
  call('CreateVolume', { name, volume_capabilities: [mountable], ...more });

describe('identity', () => {
  test('names the plugin, its version and its services', async () => {
    expect(await call('GetPluginInfo')).toMatchObject({
      name: 'local.csi.holdfast.test',
      vendor_version: '1.2.3',
    });
    const { capabilities } = await call('GetPluginCapabilities');
    expect(capabilities).toMatchObject([
      { service: { type: 'CONTROLLER_SERVICE' } },
      { service: { type: 'VOLUME_ACCESSIBILITY_CONSTRAINTS' } },
      { volume_expansion: { type: 'ONLINE' } },
    ]);
    expect(await call('Probe')).toEqual({ ready: { value: true } });
  });

  test('an endpoint for one side does not answer the calls of the other', async () => {
    const node = await openCsiRig({}, { mode: 'node' });
    const controller = await openCsiRig({}, { mode: 'controller' });
    try {
      expect(await refusal(node.client.call('ListVolumes'))).toContain('UNIMPLEMENTED');
      expect(await refusal(controller.client.call('NodeGetInfo'))).toContain('UNIMPLEMENTED');
      expect(await refusal(node.client.call('NodeGetInfo'))).toBe('OK');
      expect(await refusal(controller.client.call('ListVolumes'))).toBe('OK');
    } finally {
      await node.close();
      await controller.close();
    }
  });

  test('while the driver is not open, calls fail with the reason, and Probe reports it', async () => {
    const closed = await openCsiRig(
      {},
      {
        driver: () => {
          throw new Error('the disk is away');
        },
      },
    );
    try {
      expect(await closed.client.call('Probe')).toEqual({ ready: { value: false } });
      expect(await refusal(closed.client.call('ListVolumes'))).toContain('the disk is away');
    } finally {
      await closed.close();
    }
  });
});

describe('CreateVolume', () => {
  test('creates a volume with the required size, once', async () => {
    const range = { capacity_range: { required_bytes: `${2 * GiB}` } };
    const { volume } = await create('db', range);
    expect(volume).toMatchObject({
      volume_id: 'db',
      capacity_bytes: `${2 * GiB}`,
      accessible_topology: [{ segments: { 'local.csi.holdfast.test/host': 'host-a' } }],
    });
    expect(await create('db', range)).toEqual({ volume });
    expect(await create('db')).toEqual({ volume });
    const wider = { capacity_range: { required_bytes: `${GiB}`, limit_bytes: `${3 * GiB}` } };
    expect(await create('db', wider)).toEqual({ volume });
  });

  test.each([
    ['more is required', { required_bytes: `${3 * GiB}` }],
    ['less is allowed', { limit_bytes: `${GiB}` }],
  ])('an existing name is another volume if %s', async (_, capacity_range) => {
    await create('db', { capacity_range: { required_bytes: `${2 * GiB}` } });
    expect(await refusal(create('db', { capacity_range }))).toContain(
      'ALREADY_EXISTS: Volume db exists, but its size',
    );
  });

  test.each([
    ['an image', {}, 8 * MiB],
    ['an image of xfs', { fsType: 'xfs' }, 300 * MiB],
  ])('%s is as small as it can be if less is required', async (_, parameters, least) => {
    const small = { parameters, capacity_range: { required_bytes: '1' } };
    const { volume } = await create('db', small);
    expect(volume.capacity_bytes).toBe(`${least}`);
    expect(await create('db', small)).toEqual({ volume });
    const limited = { parameters, capacity_range: { required_bytes: '1', limit_bytes: `${least - 1}` } };
    expect(await refusal(create('other', limited))).toMatch(/^OUT_OF_RANGE: Volume other, .* is too small/);
    expect(await refusal(create('db', limited))).toMatch(/^OUT_OF_RANGE: /);
    expect(
      await refusal(create('db', { parameters, capacity_range: { required_bytes: `${least + 1}` } })),
    ).toMatch(/^ALREADY_EXISTS: /);
    await create('large', { parameters, capacity_range: { required_bytes: `${GiB}` } });
    expect((await create('large', small)).volume.capacity_bytes).toBe(`${GiB}`);
    expect(await refusal(create('own', { parameters: { ...parameters, size: '1MiB' } }))).toMatch(
      /^INVALID_ARGUMENT: .* is too small/,
    );
  });

  test('an existing name with other parameters is another volume', async () => {
    await create('db', { parameters: { uid: '1000' } });
    await create('db', { parameters: { uid: '1000' } });
    expect(await refusal(create('db', { parameters: { uid: '2000' } }))).toContain('ALREADY_EXISTS');
  });

  test("an unknown parameter is refused with the nearest one, and the provisioner's own are ignored", async () => {
    expect(await refusal(create('db', { parameters: { sise: '1GiB' } }))).toMatch(
      /^INVALID_ARGUMENT: .*Did you mean "size"/,
    );
    expect(await refusal(create('db', { parameters: { 'csi.storage.k8s.io/pvc/name': 'claim' } }))).toBe(
      'OK',
    );
  });

  test.each([
    [
      'two sizes',
      { capacity_range: { required_bytes: '1' }, parameters: { size: '1GiB' } },
      'INVALID_ARGUMENT: The size is given twice',
    ],
    ['no name', { name: '' }, 'INVALID_ARGUMENT: The name of the volume is missing'],
    ['no capabilities', { volume_capabilities: [] }, 'INVALID_ARGUMENT: The volume capabilities are missing'],
    [
      'a raw block volume',
      { volume_capabilities: [{ ...mountable, mount: undefined, block: {} }] },
      'INVALID_ARGUMENT: Raw block volumes are not supported',
    ],
    [
      'many nodes',
      { volume_capabilities: [{ ...mountable, access_mode: { mode: 'MULTI_NODE_MULTI_WRITER' } }] },
      'INVALID_ARGUMENT: The access mode MULTI_NODE_MULTI_WRITER is not supported',
    ],
    [
      'an unknown mode',
      { volume_capabilities: [{ ...mountable, access_mode: { mode: 'UNKNOWN' } }] },
      'INVALID_ARGUMENT: The access mode UNKNOWN',
    ],
    [
      'a mount option',
      { volume_capabilities: [{ ...mountable, mount: { mount_flags: ['noatime'] } }] },
      'INVALID_ARGUMENT: The mount option "noatime"',
    ],
    [
      'mutable parameters',
      { mutable_parameters: { iops: '1' } },
      'INVALID_ARGUMENT: Volume db: there is no option "iops"',
    ],
    [
      'a limit below what is required',
      { capacity_range: { required_bytes: '2', limit_bytes: '1' } },
      "INVALID_ARGUMENT: The capacity's limit",
    ],
    [
      'a negative size',
      { capacity_range: { required_bytes: '-1' } },
      'INVALID_ARGUMENT: The capacity -1 is negative',
    ],
    ['a size beyond all', { capacity_range: { required_bytes: '9223372036854775807' } }, 'OUT_OF_RANGE'],
    [
      'another host',
      {
        accessibility_requirements: {
          requisite: [{ segments: { 'local.csi.holdfast.test/host': 'host-b' } }],
        },
      },
      'RESOURCE_EXHAUSTED',
    ],
    [
      'control characters',
      { name: 'a\u0007b' },
      'INVALID_ARGUMENT: The name of the volume has control characters',
    ],
    [
      'a name that is too long',
      { name: 'é'.repeat(65) },
      'INVALID_ARGUMENT: The name of the volume is 130 bytes long',
    ],
  ])('refuses %s, and creates nothing', async (_, request, words) => {
    expect(await refusal(create('db', request))).toContain(words);
    expect((await call('ListVolumes')).entries).toEqual([]);
  });

  test('says that there is no room here, so that the orchestrator tries another node', async () => {
    rig.state.setFreeBytes('/', GiB - 1);
    const sized = { capacity_range: { required_bytes: `${GiB}` }, parameters: { fsType: 'ext4' } };
    expect(await refusal(create('db', sized))).toMatch(/^RESOURCE_EXHAUSTED: .*needs 1GiB/);
    rig.state.setFreeBytes('/', 2 * GiB);
    expect(await refusal(create('db', sized))).toBe('OK');
    rig.state.rootFileSystem.conditions.add('full');
    expect(await refusal(create('plain'))).toMatch(/^RESOURCE_EXHAUSTED: .*no space is left/);
  });

  test('a volume is found by its name, whatever the name', async () => {
    for (const name of ['a b/../c', '✓ é', 'csi.YQ', '-x', 'é'.repeat(64)]) {
      expect((await create(name)).volume.volume_id).toBe(name);
      expect((await call('ControllerGetVolume', { volume_id: name })).volume.volume_id).toBe(name);
      await call('DeleteVolume', { volume_id: name });
      expect(await refusal(call('ControllerGetVolume', { volume_id: name }))).toContain('NOT_FOUND');
    }
  });

  test('a disk of a cloud gets whole GiB within the range', async () => {
    const driver = createFakeDriver('ebs');
    const disks = { ...driver, capabilities: { scope: 'global', sharing: 'one-host' } as const };
    const ebs = await openCsiRig({}, { driver: () => disks });
    const createDisk = (name: string, range: object) =>
      ebs.client.call('CreateVolume', { name, volume_capabilities: [mountable], capacity_range: range });
    try {
      await createDisk('up', { required_bytes: `${GiB + 1}` });
      await createDisk('down', { limit_bytes: `${3 * GiB - 1}` });
      const sizes = [...driver.list()].map(({ volume }) => 'options' in volume && volume.options.size);
      expect(sizes).toEqual([`${2 * GiB}B`, `${2 * GiB}B`]);
      const none = createDisk('none', { required_bytes: `${GiB + 1}`, limit_bytes: `${GiB + 2}` });
      expect(await refusal(none)).toContain('OUT_OF_RANGE');
    } finally {
      await ebs.close();
    }
  });
});

describe('DeleteVolume', () => {
  test('succeeds for a volume that does not or cannot exist', async () => {
    await create('db');
    for (const volume_id of ['db', 'db', 'nothing', 'a\u0000', 'x'.repeat(4000)])
      expect(await call('DeleteVolume', { volume_id })).toEqual({});
    expect(await refusal(call('DeleteVolume'))).toBe('INVALID_ARGUMENT: The volume ID is missing.');
  });

  test('is refused for a published volume, and the error has the path', async () => {
    await create('db');
    await call('NodePublishVolume', {
      volume_id: 'db',
      target_path: '/pods/a',
      volume_capability: mountable,
    });
    const refused = await refusal(call('DeleteVolume', { volume_id: 'db' }));
    expect(refused).toMatch(
      /^FAILED_PRECONDITION: Volume db is in use by what it is published to at \/pods\/a: end the workload/,
    );
    expect(refused).not.toContain('docker');
  });
});

describe('ListVolumes', () => {
  test('pages stay correct if volumes are created and removed between them', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name);
    const ids = ({ entries }: { entries: readonly { volume: { volume_id: string } }[] }) =>
      entries.map(({ volume }) => volume.volume_id);
    const first = await call('ListVolumes', { max_entries: 2 });
    expect(ids(first)).toEqual(['a', 'b']);
    await call('DeleteVolume', { volume_id: 'b' });
    await call('DeleteVolume', { volume_id: 'c' });
    await create('aa');
    await create('cc');
    const second = await call('ListVolumes', { max_entries: 2, starting_token: first.next_token });
    expect(ids(second)).toEqual(['cc', 'd']);
    const last = await call('ListVolumes', { starting_token: second.next_token });
    expect([ids(last), last.next_token]).toEqual([['e'], '']);
  });

  test('an unknown token is refused', async () => {
    expect(await refusal(call('ListVolumes', { starting_token: 'x' }))).toContain('ABORTED');
    expect(await refusal(call('ListVolumes', { max_entries: -1 }))).toContain('INVALID_ARGUMENT');
  });
});

test('ValidateVolumeCapabilities confirms what is supported, and gives the reason otherwise', async () => {
  await create('db');
  const asked = { volume_id: 'db', volume_capabilities: [mountable] };
  expect((await call('ValidateVolumeCapabilities', asked)).confirmed.volume_capabilities).toHaveLength(1);
  const many = {
    ...asked,
    volume_capabilities: [{ ...mountable, access_mode: { mode: 'MULTI_NODE_READER_ONLY' } }],
  };
  expect(await call('ValidateVolumeCapabilities', many)).toMatchObject({
    confirmed: null,
    message: expect.stringContaining('MULTI_NODE_READER_ONLY'),
  });
  await create('image', { capacity_range: { required_bytes: `${GiB}` } });
  const withFs = (fs_type: string) => ({
    volume_id: 'image',
    volume_capabilities: [mountable, { ...mountable, mount: { fs_type, mount_flags: [] } }],
  });
  expect((await call('ValidateVolumeCapabilities', withFs('ext4'))).message).toBe('');
  expect(await call('ValidateVolumeCapabilities', withFs('xfs'))).toMatchObject({
    confirmed: null,
    message: 'Volume image has the file system ext4, and not "xfs".',
  });
  expect(await refusal(call('ValidateVolumeCapabilities', { ...asked, volume_id: 'x' }))).toContain(
    'NOT_FOUND',
  );
});

test('calls that a driver does not support are not declared, and answer UNIMPLEMENTED', async () => {
  const offers = {
    snapshots: false,
    growth: false,
    modifications: false,
    freeSpace: false,
    attachments: false,
  };
  const plain = await openCsiRig({}, { driver: () => ({ ...rig.driver, offers }) });
  const absent = {
    ControllerPublishVolume: {},
    GetCapacity: {},
    CreateSnapshot: { name: 's', source_volume_id: 'db' },
    DeleteSnapshot: { snapshot_id: 's' },
    ListSnapshots: {},
    ControllerExpandVolume: { volume_id: 'db' },
    ControllerModifyVolume: {},
    NodeExpandVolume: { volume_id: 'db' },
  };
  try {
    for (const [method, request] of Object.entries(absent))
      expect(await refusal(plain.client.call(method, request))).toContain('UNIMPLEMENTED');
    const declared = async (method: string) =>
      (await plain.client.call(method)).capabilities.map(({ rpc }: { rpc: { type: string } }) => rpc.type);
    expect(await declared('ControllerGetCapabilities')).toEqual([
      'CREATE_DELETE_VOLUME',
      'LIST_VOLUMES',
      'GET_VOLUME',
      'SINGLE_NODE_MULTI_WRITER',
    ]);
    expect(await declared('NodeGetCapabilities')).toEqual([
      'STAGE_UNSTAGE_VOLUME',
      'GET_VOLUME_STATS',
      'SINGLE_NODE_MULTI_WRITER',
    ]);
    const copy = {
      name: 'copy',
      volume_capabilities: [mountable],
      volume_content_source: { volume: { volume_id: 'db' } },
    };
    expect(await refusal(plain.client.call('CreateVolume', copy))).toContain(
      'INVALID_ARGUMENT: A volume cannot be made from a snapshot',
    );
  } finally {
    await plain.close();
  }
});

test('GetCapacity is the free space of this host, and none for volumes that it cannot have', async () => {
  const asked = async (request: object) => Number((await call('GetCapacity', request)).available_capacity);
  const { freeBytes } = await rig.host.files.space('/srv');
  expect(freeBytes).toBeGreaterThan(0);
  const at = (host: string) => ({
    accessible_topology: { segments: { 'local.csi.holdfast.test/host': host } },
  });
  for (const request of [{}, { volume_capabilities: [mountable] }, at('host-a')])
    expect(await asked(request)).toBe(freeBytes);
  const many = { ...mountable, access_mode: { mode: 'MULTI_NODE_MULTI_WRITER' } };
  for (const request of [{ volume_capabilities: [mountable, many] }, at('host-b')])
    expect(await asked(request)).toBe(0);
});

test('capabilities that contradict each other are refused', async () => {
  const mount = (fs_type: string, ...mount_flags: string[]) => ({
    ...mountable,
    mount: { fs_type, mount_flags },
  });
  const asked = (...volume_capabilities: object[]) =>
    refusal(call('CreateVolume', { name: 'db', volume_capabilities }));
  expect(await asked(mount('ext4'), mount('xfs'))).toContain(
    'several file systems, "ext4" and "xfs": give one',
  );
  const xfs = { parameters: { fsType: 'xfs' }, capacity_range: { required_bytes: `${GiB}` } };
  const sized = (fs_type: string) => create('db', { volume_capabilities: [mount(fs_type)], ...xfs });
  expect(await refusal(sized('ext4'))).toBe(
    'INVALID_ARGUMENT: The capabilities ask for the file system "ext4", and the parameter `fsType` for "xfs": give one.',
  );
  expect(await refusal(sized('XFS'))).toBe('OK');
  await call('DeleteVolume', { volume_id: 'db' });
  expect(await asked(mount('', 'ro', 'rw'))).toContain('"ro" and "rw" exclude each other');
  expect(await asked(mount('', 'ro'), mount('', 'rw'))).toBe('OK');
});

test('an error names a volume as the orchestrator would create it', async () => {
  for (const [volume_id, there] of [
    ['db', 'Create volume db by your orchestrator.'],
    ['../db', 'Create volume "../db" by your orchestrator.'],
  ] as const) {
    const told = await refusal(call('ControllerGetVolume', { volume_id }));
    expect(told).toContain(`NOT_FOUND: `);
    expect(told).toContain(there);
  }
});

test('a staging path is absolute, and the same however it is written', async () => {
  await create('db');
  const at = (staging_target_path: string) => ({
    volume_id: 'db',
    staging_target_path,
    volume_capability: mountable,
  });
  const holders = async () => (await rig.driver.get(parseVolumeName('db')))?.holders.length;
  expect(await refusal(call('NodeStageVolume', at('staging/db')))).toMatch(
    /^INVALID_ARGUMENT: The staging target path "staging\/db" is not absolute/,
  );
  await call('NodeStageVolume', at('/staging/db/'));
  await call('NodeStageVolume', at('/staging//db'));
  expect(await holders()).toBe(1);
  await call('NodeUnstageVolume', at('/staging/db'));
  expect(await holders()).toBe(0);
});

test('NodeGetVolumeStats reports how full a volume is, by the path at which it is published', async () => {
  await create('db', { capacity_range: { required_bytes: `${GiB}` } });
  const at = { volume_id: 'db', target_path: '/pods/a', volume_capability: mountable };
  await call('NodePublishVolume', at);
  expect(await refusal(call('NodeGetVolumeStats', { volume_id: 'db', volume_path: '/pods/b' }))).toContain(
    'NOT_FOUND',
  );
  expect(await refusal(call('NodeGetVolumeStats', { volume_id: 'x', volume_path: '/pods/a' }))).toContain(
    'NOT_FOUND',
  );
  for (const volume_path of ['/pods/a', '/pods//a/', '/pods/./a'])
    expect(await refusal(call('NodeGetVolumeStats', { volume_id: 'db', volume_path }))).toBe('OK');
  expect((await rig.driver.get(parseVolumeName('db')))?.mountpoint).toBeDefined();
});
