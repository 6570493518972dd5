import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { viewOutside } from '../kernel-view.ts';
import { describeWith } from '../requirements.ts';
import { output, run } from '../run.ts';
import { type Cluster, createCluster, realGluster } from './cluster.ts';
import { fuseClients, killFuseClient } from './fuse-clients.ts';
import { hubScript } from './hub.ts';
import { useCluster } from './use-cluster.ts';

describeWith(realGluster, 'a GlusterFS cluster', () => {
  const cluster = useCluster();

  test('stores the data of a volume on each of its bricks', async () => {
    const mountpoint = await mount(cluster(), 'written');
    await writeFile(`${mountpoint}/file`, 'to all bricks');
    for (const peer of cluster().peers) {
      expect(await readFile(`${peer.brickPath()}/file`, 'utf8')).toBe('to all bricks');
    }
  });

  test('works without one brick, and heals it once it is back', async () => {
    const mountpoint = await mount(cluster(), 'healed');
    const first = cluster().peer(0);
    await first.killBrick();
    expect(await first.brickPid()).toBeUndefined();
    await writeFile(`${mountpoint}/meanwhile`, 'to the other brick');
    expect(existsSync(`${first.brickPath()}/meanwhile`)).toBe(false);
    await first.startBrick();
    await cluster().healed();
    expect(await readFile(`${first.brickPath()}/meanwhile`, 'utf8')).toBe('to the other brick');
  });

  test('can be mounted from the second server while the first is stopped', async () => {
    await cluster().peer(0).stop();
    const mountpoint = await mount(cluster(), 'backup');
    await writeFile(`${mountpoint}/from-second`, '');
    expect(await readdir(cluster().peer(1).brickPath())).toContain('from-second');
    await cluster().peer(0).start();
    await cluster().healed();
  });

  test('has no space left while it is filled', async () => {
    const mountpoint = await mount(cluster(), 'full');
    const write = () => writeFile(`${mountpoint}/large`, Buffer.alloc(1e6));
    await cluster().fill();
    await expect(write()).rejects.toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    await cluster().drain();
    await write();
  });

  test('finds and kills the client of one mountpoint', async () => {
    const mountpoint = await mount(cluster(), 'killed');
    expect(await fuseClients(mountpoint)).toHaveLength(1);
    await killFuseClient(mountpoint);
    expect(await fuseClients(mountpoint)).toEqual([]);
    await expect(readdir(mountpoint)).rejects.toThrow(expect.objectContaining({ code: 'ENOTCONN' }));
  });

  test('leaves nothing when it is closed, and does not affect another one', async () => {
    const other = await createCluster({ peers: 1, volumes: ['other'] });
    const mountpoint = await mount(other, 'left', 'other');
    await other.close();
    expect(await fuseClients(mountpoint)).toEqual([]);
    expect(await viewOutside(other.folder)).toEqual([]);
    expect(existsSync(other.folder)).toBe(false);
    expect(await output('ip', ['address'])).not.toContain(other.hub.here);
  });
});

describeWith(realGluster, 'the network of a cluster', () => {
  test('ends with the process that opened it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-gluster-'));
    const finished = await run('sh', [hubScript, 'outside', folder, '10.127.255']);
    expect(finished).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ready \d+\n$/) });
    expect(existsSync(folder)).toBe(false);
  });
});

/** Mounts a volume in the test process's own namespace, below the cluster's folder. The mount ends with the cluster. */
async function mount({ folder, ...cluster }: Cluster, name: string, volume = 'gv0'): Promise<string> {
  const [first, ...others] = await cluster.reachFromHere();
  const mountpoint = `${folder}/mounts/${name}`;
  await mkdir(mountpoint, { recursive: true });
  const backup = others.length > 0 ? `,backup-volfile-servers=${others.join(':')}` : '';
  const options = `log-level=WARNING,log-file=${folder}/${name}.log${backup}`;
  await output('mount', ['-t', 'glusterfs', '-o', options, `${first}:/${volume}`, mountpoint]);
  return mountpoint;
}
