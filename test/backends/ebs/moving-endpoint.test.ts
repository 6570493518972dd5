import { expect, test } from '@jest/globals';
import type { AuditedAct } from '../../../src/backends/backend.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { createEc2Endpoint } from '../../lab/ec2/endpoint.ts';
import type { Instance } from '../../lab/ec2/instance.ts';
import { describeWith } from '../../lab/requirements.ts';
import { output } from '../../lab/run.ts';
import { backendOnInstance } from './ebs-on-endpoint.ts';

const live = new AbortController().signal;

async function twoInstances() {
  const { host, folder, cleanUp } = await linuxHostUnderTest('auto');
  const endpoint = await createEc2Endpoint({ disks: 'loop' });
  const acts: AuditedAct[] = [];
  const node = async (instance: Instance) => {
    const mountpoint = `${folder}/${instance.id}/db`;
    await host.files.makeDirectory(`${folder}/${instance.id}`);
    await host.files.makeMountpoint(mountpoint);
    const backend = backendOnInstance(endpoint, instance, {
      settings: {},
      defaults: {},
      profiles: {},
      host,
      log: { enabled: () => false, write: () => undefined },
      audit: (act) => void acts.push(act),
    });
    return { instance, mountpoint, file: `${mountpoint}/precious`, backend };
  };
  const a = await node(await endpoint.addInstance());
  const b = await node(await endpoint.addInstance());
  const volume = a.backend.plan(parseVolumeName('db'), { size: '1' });
  await a.backend.create(volume, live);
  await a.backend.stage(volume, a.mountpoint, live);
  await host.files.writeText(a.file, 'precious', 'replace');
  const end = async () => {
    await cleanUp();
    await endpoint.close();
  };
  return { host, acts, a, b, volume, end };
}

describeWith(
  { root: true, programs: ['mkfs.ext4', 'e2fsck', 'losetup'], paths: ['/dev/loop-control'] },
  'two instances of an EC2 endpoint with real file systems',
  () => {
    test('have the same bytes one after the other', async () => {
      const { host, a, b, volume, end } = await twoInstances();
      await a.backend.unstage(volume, a.mountpoint, live);
      await b.backend.stage(volume, b.mountpoint, live);
      expect(await host.files.readText(b.file)).toBe('precious');
      await end();
    });
    test('a volume is refused while its holder runs, and taken over, its journal replayed, when it is stopped', async () => {
      const { host, acts, a, b, volume, end } = await twoInstances();
      await output('sync', ['--file-system', a.mountpoint]);
      await expect(b.backend.stage(volume, b.mountpoint, live)).rejects.toMatchObject({
        code: 'in-use',
        message: expect.stringContaining(
          `attached to ${a.instance.id} (EC2 has instance ${a.instance.id} as running)`,
        ),
      });
      await a.instance.setState('stopped');
      await b.backend.stage(volume, b.mountpoint, live);
      expect(await host.files.readText(b.file)).toBe('precious');
      expect(acts.map(({ act }) => act)).toEqual(['format', 'take-over']);
      await end();
    });
  },
);
