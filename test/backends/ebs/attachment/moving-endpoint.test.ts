import { DetachVolumeCommand } from '@aws-sdk/client-ec2';
import { expect, test } from '@jest/globals';
import type { AuditedAct } from '../../../../src/core/audit.ts';
import { parseVolumeName } from '../../../../src/core/names.ts';
import { linuxHostUnderTest } from '../../../host/linux-host-under-test.ts';
import { createClient } from '../../../lab/ec2/client.ts';
import type { Instance } from '../../../lab/ec2/cloud/instance.ts';
import { createEc2Endpoint } from '../../../lab/ec2/endpoint.ts';
import { describeWith } from '../../../lab/requirements.ts';
import { output } from '../../../lab/run.ts';
import { backendOnInstance } from '../on-endpoint.ts';

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
  return { host, endpoint, acts, a, b, volume, end };
}

describeWith(
  { root: true, programs: ['mkfs.ext4', 'e2fsck', 'losetup'], paths: ['/dev/loop-control'] },
  'two instances of an EC2 endpoint with real file systems',
  () => {
    test('distinguish a volume that one kernel does not release from one that is attached', async () => {
      const { endpoint, a, b, volume, end } = await twoInstances();
      try {
        const [disk] = endpoint.volumes();
        await createClient(endpoint).send(new DetachVolumeCommand({ VolumeId: disk?.id ?? '' }));
        await expect(b.backend.stage(volume, b.mountpoint, live)).rejects.toMatchObject({
          code: 'in-use',
          message: expect.stringMatching(
            new RegExp(`is stuck: it is being detached from ${a.instance.id}, which still has it in use`),
          ),
        });
        await a.backend.unstage(volume, a.mountpoint, live);
        await b.backend.stage(volume, b.mountpoint, live);
        await b.backend.unstage(volume, b.mountpoint, live);
      } finally {
        await end();
      }
    });
    test('see the same bytes, one after the other', async () => {
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
