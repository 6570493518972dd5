import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { GlusterHost } from '../../lab/gluster/hosts.ts';
import { busybox } from '../../lab/images.ts';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer, plain } from '../containers.ts';
import { lackedByFiles, requireSanity, testWithSanity } from '../csi/csi-sanity.ts';
import { createVolume } from '../volumes.ts';
import { glusterDriver, realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

describeWith(
  realGlusterHosts,
  'an engine that names no driver, and a volume that another host created on a share',
  () => {
    const socket = '/run/csi/csi.sock';
    const csi = { endpoint: `unix://${socket}`, name: 'glusterfs.csi.holdfast.test', nodeId: 'host' };
    const { cluster, host } = useGlusterHosts({
      hosts: 2,
      cluster: { brickSize: '64m' },
      drivers: (cluster) => ({ holdfast: { ...glusterDriver(cluster), csi } }),
    });
    const other = () => host(1);

    const listed = async ({ holdfast }: GlusterHost): Promise<readonly string[]> =>
      JSON.parse((await holdfast.call('VolumeDriver.List', {})).body).Volumes.map(
        ({ Name }: { readonly Name: string }) => Name,
      );
    const driverOf = ({ docker }: GlusterHost, name: string) =>
      docker('volume', 'inspect', '--format', '{{.Driver}}', name);
    const create = ({ docker }: GlusterHost, volume: string) =>
      docker('create', '--name', `user-of-${volume}`, ...plain, '-v', `${volume}:/d`, busybox, 'true');

    testWithSanity('is as csi-sanity wants it on one host', async () => {
      const { namespace, folder } = host();
      const at = { run: namespace.run, readText: (path: string) => readFile(path, 'utf8') };
      const parameters = { sizeMode: 'advisory' };
      const mutable = { noexec: 'true' };
      const run = { folder: `${folder}/sanity`, socket, parameters, mutable, lacking: lackedByFiles };
      await requireSanity(at, run);
    });

    test('knows within seconds what was created, removed and brought back there', async () => {
      const isListed = (...names: string[]) =>
        other().eventually(
          `the other host lists [${names}]`,
          async () => (await listed(other())).join() === names.join(),
        );
      await createVolume(host(), 'told');
      await isListed('told');
      await host().docker('volume', 'rm', 'told');
      await isListed();
      await host().holdfast.command('volume', 'undelete', 'told');
      await isListed('told');
    });

    test('gets that volume while the bricks hang temporarily', async () => {
      await createVolume(host(), 'late');
      await inContainer(host(), ['late:/d'], 'echo from the first > /d/file');
      for (const peer of cluster().peers) await peer.pauseBrick('gv0');
      const creating = create(other(), 'late');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      for (const peer of cluster().peers) await peer.resumeBrick('gv0');
      await creating;
      expect(await driverOf(other(), 'late')).toBe('holdfast');
      expect(await inContainer(other(), ['late:/d'], 'cat /d/file')).toBe('from the first');
    });

    test('gets a volume that it knew before they hang', async () => {
      await createVolume(host(), 'heard');
      await other().eventually('it is heard of', async () => (await listed(other())).includes('heard'));
      for (const peer of cluster().peers) await peer.pauseBrick('gv0');
      try {
        await create(other(), 'heard');
        expect(await driverOf(other(), 'heard')).toBe('holdfast');
      } finally {
        for (const peer of cluster().peers) await peer.resumeBrick('gv0');
      }
    });
  },
);
