import { mkdtemp, readdir, readFile, readlink, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DetachVolumeCommand,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { loopsOf } from '../loop/devices.ts';
import { describeWith } from '../requirements.ts';
import { output, run } from '../run.ts';
import { createClient } from './client.ts';
import type { Fault } from './cloud/faults.ts';
import type { Instance } from './cloud/instance.ts';
import type { Ec2Endpoint } from './endpoint.ts';
import { useEndpoints } from './use-endpoint.ts';

const needs = {
  root: true,
  programs: ['losetup', 'mknod', 'mkfs.ext4', 'blkid', 'mount'],
  paths: ['/dev/loop-control'],
} as const;

describeWith(needs, 'the disks of the EC2 endpoint', () => {
  const start = useEndpoints();
  const mounts: string[] = [];

  afterEach(async () => {
    for (const path of [...mounts]) await unmount(path);
  });

  async function mountDevice(device: string): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'ec2-mount-'));
    await output('mount', [device, path]);
    mounts.push(path);
    return path;
  }

  async function unmount(path: string): Promise<void> {
    await output('umount', [path]);
    mounts.splice(mounts.indexOf(path), 1);
    await rmdir(path);
  }

  test('appear on Nitro as NVMe devices that identify their volume, and keep their data', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const id = await lab.create();
    const [one, two] = [await lab.endpoint.addInstance(), await lab.endpoint.addInstance()];
    await lab.attach(id, one);
    const bare = id.replace('-', '');
    const link = join(one.folder, 'dev/disk/by-id', `nvme-Amazon_Elastic_Block_Store_${bare}`);
    expect(await readlink(link)).toBe('../../nvme1n1');
    expect(await readFile(join(one.folder, 'sys/block/nvme1n1/serial'), 'utf8')).toBe(`${bare}\n`);
    await output('mkfs.ext4', ['-q', link]);
    const mounted = await mountDevice(link);
    await writeFile(join(mounted, 'file'), 'moved');
    await unmount(mounted);
    await lab.detach(id);
    expect(await readdir(join(one.folder, 'dev/disk/by-id'))).toEqual([]);
    expect(await readdir(join(one.folder, 'sys/block'))).toEqual([]);
    await lab.attach(id, two);
    const again = await mountDevice(join(two.folder, 'dev/nvme1n1'));
    expect(await readFile(join(again, 'file'), 'utf8')).toBe('moved');
  });

  test('appear on Xen under the requested name', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const instance = await lab.endpoint.addInstance({ type: 'm4.large' });
    const [one, two] = [await lab.create(), await lab.create()];
    await lab.attach(one, instance, '/dev/xvdba');
    await lab.attach(two, instance, '/dev/sdf');
    const devices = (await readdir(join(instance.folder, 'dev'))).filter((name) => name !== 'disk');
    expect(devices).toEqual(['xvdba', 'xvdf']);
    expect(await lab.sizeOf(join(instance.folder, 'dev/xvdba'))).toBe(2 ** 30);
  });

  test('stay busy while mounted, and disappear when unmounted', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const instance = await lab.endpoint.addInstance();
    const id = await lab.create();
    await lab.attach(id, instance);
    const device = join(instance.folder, 'dev/nvme1n1');
    await output('mkfs.ext4', ['-q', device]);
    const mounted = await mountDevice(device);
    await lab.client.send(new DetachVolumeCommand({ VolumeId: id }));
    await lab.reaches(id, 'busy');
    await unmount(mounted);
    await lab.reaches(id, 'available');
  });

  test('disappear while mounted after a forced detach or a power failure', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const [one, two] = [await lab.endpoint.addInstance(), await lab.endpoint.addInstance()];
    const id = await lab.create();
    await lab.attach(id, one);
    await output('mkfs.ext4', ['-q', join(one.folder, 'dev/nvme1n1')]);
    const lost = await mountDevice(join(one.folder, 'dev/nvme1n1'));
    await writeFile(join(lost, 'early'), 'on disk');
    await output('sync', ['--file-system', lost]);
    await one.setState('stopped');
    await lab.detach(id);
    await writeFile(join(lost, 'late'), 'never arrives').catch(() => {});
    await run('sync', ['--file-system', lost]);
    await lab.attach(id, two);
    await output('e2fsck', ['-p', join(two.folder, 'dev/nvme1n1')]);
    const mounted = await mountDevice(join(two.folder, 'dev/nvme1n1'));
    expect((await readdir(mounted)).toSorted()).toEqual(['early', 'lost+found']);
  });

  test('come back when the instance starts again', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const instance = await lab.endpoint.addInstance();
    const id = await lab.create();
    await lab.attach(id, instance);
    await instance.setState('stopped');
    expect(await readdir(join(instance.folder, 'dev'))).toEqual(['disk']);
    await instance.setState('running');
    expect(await readdir(join(instance.folder, 'dev'))).toEqual(['disk', 'nvme1n1']);
  });

  test('disappear at a power failure, and come back with the power, while EC2 lists them as attached', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const instance = await lab.endpoint.addInstance();
    const id = await lab.create();
    await lab.attach(id, instance);
    const numbers = () => readdir(join(instance.folder, 'sys/dev/block'));
    const [number = ''] = await numbers();
    expect(await readlink(join(instance.folder, 'sys/dev/block', number))).toMatch(
      /^\.\.\/\.\.\/devices\/virtual\/block\/loop\d+$/,
    );
    await instance.powerFails();
    expect(await readdir(join(instance.folder, 'dev'))).toEqual(['disk']);
    expect(await numbers()).toEqual([]);
    expect(lab.endpoint.volumes()[0]?.attachment).toMatchObject({
      instanceId: instance.id,
      status: 'attached',
    });
    await instance.powerReturns();
    expect(await readdir(join(instance.folder, 'dev'))).toEqual(['disk', 'nvme1n1']);
    expect(await numbers()).toHaveLength(1);
  });

  test('grow while attached, and are copied by snapshots', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const instance = await lab.endpoint.addInstance();
    const id = await lab.create();
    await lab.attach(id, instance);
    const device = join(instance.folder, 'dev/nvme1n1');
    await output('mkfs.ext4', ['-q', '-L', 'copied', device]);
    await lab.client.send(new ModifyVolumeCommand({ VolumeId: id, Size: 2 }));
    await eventually('the device grows', async () => (await lab.sizeOf(device)) === 2 ** 31);
    await lab.detach(id);
    const { SnapshotId = '' } = await lab.client.send(new CreateSnapshotCommand({ VolumeId: id }));
    await eventually('the snapshot', async () => lab.endpoint.snapshots()[0]?.state === 'completed');
    const copy = await lab.create({ SnapshotId, Size: 3 });
    await lab.attach(copy, instance);
    expect(await output('blkid', ['-p', '-o', 'value', '-s', 'LABEL', device])).toBe('copied');
    expect(await lab.sizeOf(device)).toBe(3 * 2 ** 30);
  });

  test('can be missing, unreadable, or the disk of another volume', async () => {
    const lab = await labOn(await start({ disks: 'loop' }));
    const instance = await lab.endpoint.addInstance();
    const [one, two] = [await lab.create(), await lab.create()];
    await lab.attach(one, instance, '/dev/xvdba', { kind: 'no-device' });
    expect(await readdir(join(instance.folder, 'dev'))).toEqual([]);
    await lab.detach(one);
    await lab.attach(one, instance, '/dev/xvdba', { kind: 'unreadable' });
    const device = join(instance.folder, 'dev/nvme1n1');
    const read = await run('dd', [`if=${device}`, 'of=/dev/null', 'count=1']);
    expect(read.stderr).toContain('Input/output error');
    await lab.detach(one);
    await lab.attach(two, instance, '/dev/xvdba', { kind: 'wrong-disk', volumeId: one });
    const link = `nvme-Amazon_Elastic_Block_Store_${two.replace('-', '')}`;
    expect(await readlink(join(instance.folder, 'dev/disk/by-id', link))).toBe('../../nvme1n1');
    const serial = await readFile(join(instance.folder, 'sys/block/nvme1n1/device/serial'), 'utf8');
    expect(serial).toBe(`${one.replace('-', '')}\n`);
  });

  test('are removed when the endpoint ends', async () => {
    const endpoint = await start({ disks: 'loop' });
    const lab = await labOn(endpoint);
    const instance = await endpoint.addInstance();
    const id = await lab.create();
    await lab.attach(id, instance);
    expect(await output('losetup', ['--all'])).toContain(id);
    await endpoint.close();
    expect(await loopsOf((file) => file.endsWith(id))).toBe(0);
    await expect(readdir(join(instance.folder, '../..'))).rejects.toThrow('ENOENT');
  });
});

async function labOn(endpoint: Ec2Endpoint) {
  const client = createClient(endpoint);
  const stateOf = (id: string) => {
    const volume = endpoint.volumes().find((one) => one.id === id);
    return volume?.attachment?.status ?? volume?.status;
  };
  const reaches = (id: string, state: string) =>
    eventually(`${id} becomes ${state}`, async () => stateOf(id) === state);
  return {
    endpoint,
    client,
    reaches,
    create: async (input: { readonly SnapshotId?: string; readonly Size?: number } = {}) => {
      const wish = { AvailabilityZone: endpoint.zones[0] ?? '', Size: 1, ...input };
      const { VolumeId = '' } = await client.send(new CreateVolumeCommand(wish));
      await reaches(VolumeId, 'available');
      return VolumeId;
    },
    attach: async (VolumeId: string, { id }: Instance, Device = '/dev/xvdba', fault?: Fault) => {
      if (fault) endpoint.fail('AttachVolume', fault);
      await client.send(new AttachVolumeCommand({ VolumeId, Device, InstanceId: id }));
      await reaches(VolumeId, 'attached');
    },
    detach: async (VolumeId: string) => {
      await client.send(new DetachVolumeCommand({ VolumeId }));
      await reaches(VolumeId, 'available');
    },
    sizeOf: async (device: string) => Number(await output('blockdev', ['--getsize64', device])),
  };
}
