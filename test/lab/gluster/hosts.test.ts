import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builtDaemon } from '../built-daemon.ts';
import { busybox } from '../images.ts';
import { viewOutside } from '../kernel-view.ts';
import { describeWith } from '../requirements.ts';
import { succeeded } from '../run.ts';
import { realGluster } from './cluster.ts';
import { createGlusterHost, type GlusterHost } from './hosts.ts';
import { useCluster } from './use-cluster.ts';

const needs = { ...realGluster, programs: [...realGluster.programs, 'dockerd', 'docker', 'busybox'] };

describeWith(needs, 'two hosts of a GlusterFS cluster', () => {
  const cluster = useCluster({ brickSize: '32m' });
  const hosts: GlusterHost[] = [];
  const host = (place: number) => {
    const found = hosts[place];
    if (!found) throw new Error('The hosts did not boot: see the error of the first test.');
    return found;
  };

  beforeAll(async () => {
    const program = await builtDaemon();
    for (const _ of [1, 2]) hosts.push(await createGlusterHost(cluster(), program));
    await Promise.all(hosts.map((each) => each.boot()));
  });
  afterAll(() => Promise.all(hosts.map((each) => each.destroy())));

  test('see the writes of containers on the other host', async () => {
    await Promise.all([mount(host(0), cluster().addresses), mount(host(1), cluster().addresses)]);
    await inContainer(host(0), 'echo from the first > /d/file');
    expect(await inContainer(host(1), 'cat /d/file')).toBe('from the first');
    expect(await readdir(`${host(0).folder}/gv0`)).toEqual([]);
  });

  test('lose their clients at once in a power failure; the other host and the data are not affected', async () => {
    expect(await host(0).fuseClients()).toHaveLength(1);
    await inContainer(host(0), 'echo before the failure > /d/last && sync');
    await host(0).crash();
    expect(await viewOutside(host(0).folder)).toEqual([]);
    expect(await inContainer(host(1), 'cat /d/last')).toBe('before the failure');
    await host(0).reboot();
    expect(await host(0).fuseClients()).toEqual([]);
    await mount(host(0), cluster().addresses);
    expect(await inContainer(host(0), 'cat /d/last')).toBe('before the failure');
  });

  test('reach no server while they are cut off', async () => {
    await host(1).cut();
    const ping = () => host(1).namespace.run('bash', '-c', `</dev/tcp/${cluster().addresses[0]}/24007`);
    expect(await ping()).toMatchObject({ exitCode: 1 });
    await host(1).join();
    expect(await ping()).toMatchObject({ exitCode: 0 });
  });

  test('leave nothing, even after a crash', async () => {
    await host(1).crash();
    const gone = hosts.splice(0);
    for (const each of gone) await each.destroy();
    for (const { folder } of gone) {
      expect(await viewOutside(folder)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
    }
  });
});

/** Mounts the volume without Holdfast, at gv0 in the host's folder. */
async function mount({ folder, namespace }: GlusterHost, [address]: readonly string[]): Promise<void> {
  await mkdir(`${folder}/gv0`, { recursive: true });
  const options = `log-level=WARNING,log-file=${folder}/client.log`;
  const args = ['-t', 'glusterfs', '-o', options, `${address}:/gv0`, `${folder}/gv0`];
  succeeded('mount', await namespace.run('mount', ...args));
}

function inContainer({ docker, folder }: GlusterHost, script: string): Promise<string> {
  const bind = `${folder}/gv0:/d`;
  return docker('run', '--rm', '--network', 'none', '--volume', bind, busybox, 'sh', '-c', script);
}
