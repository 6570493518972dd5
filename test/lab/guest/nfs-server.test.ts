import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { describeWith } from '../requirements.ts';
import { createGuest, type Guest, realGuest } from './guest.ts';
import { createGuestNetwork, type GuestNetwork } from './network.ts';
import { type NfsServer, nfsPrograms, startNfsClient, startNfsServer } from './nfs-server.ts';
import { createShare, type Share } from './nfs-share.ts';

const needs = { ...realGuest, programs: [...realGuest.programs, ...nfsPrograms] };

describeWith(needs, 'the NFS server of a guest', () => {
  let network: GuestNetwork;
  let host: Guest;
  let client: Guest;
  let server: NfsServer;
  let share: Share;

  beforeAll(async () => {
    network = await createGuestNetwork(2);
    [host, client] = await Promise.all([
      createGuest({ link: network.link(0) }),
      createGuest({ link: network.link(1) }),
    ]);
    await startNfsClient(client);
    share = await createShare(host, { name: 'share', size: '16M' });
    server = await startNfsServer(host, { exports: [{ path: share.path }] });
  });

  afterAll(async () => {
    await client?.close();
    await host?.close();
    await network?.close();
  });

  const mount = async (guest: Guest, folder: string, options: string) => {
    await guest.output('mkdir', ['-p', folder]);
    const source = `${host.address}:${share.path}`;
    await guest.output('mount', ['-t', 'nfs', '-o', `retry=0,${options}`, source, folder]);
  };

  const sh = (guest: Guest, script: string) => guest.run('sh', ['-c', script], { within: 30_000 });

  test.each(['4.2', '3'])('serves version %s to another guest and to its own', async (version) => {
    for (const guest of [client, host]) {
      await mount(guest, '/tmp/mounted', `vers=${version}`);
      const done = await sh(
        guest,
        'cd /tmp/mounted && echo text > file && flock file cat file && mountpoint -q .',
      );
      expect(done).toEqual({ exitCode: 0, stdout: 'text\n', stderr: '' });
      await guest.output('umount', ['/tmp/mounted']);
    }
    expect(await host.read(`${share.path}/file`)).toBe('text\n');
  });

  const stops = {
    'is paused': [() => host.pause(), () => host.resume()],
    'is cut off': [() => network.cut(0), () => network.join(0)],
    'is stopped': [() => server.stop(), () => server.start()],
  } as const;

  test.each(Object.entries(stops))(
    'lets its clients wait while it %s, and continue afterwards',
    async (_, [stop, goOn]) => {
      await mount(client, '/tmp/waiting', 'vers=4.2');
      await stop();
      let over = false;
      const written = sh(client, 'echo late > /tmp/waiting/late').finally(() => {
        over = true;
      });
      await sleep(1_000);
      expect(over).toBe(false);
      await goOn();
      expect(await written).toMatchObject({ exitCode: 0, stderr: '' });
      await client.output('umount', ['/tmp/waiting']);
    },
  );

  test('is full, read-only and stale on request', async () => {
    await mount(client, '/tmp/m', 'vers=4.2,noac');
    await share.fill();
    // An NFS client gets the error only at the fsync or close.
    expect((await sh(client, 'echo text | dd of=/tmp/m/more conv=fsync')).stderr).toContain('No space left');
    await share.empty();
    await server.export({ path: share.path, options: 'ro,insecure,no_subtree_check' });
    expect((await sh(client, 'touch /tmp/m/more')).stderr).toContain('Read-only file system');
    await server.export({ path: share.path, fsid: 77 });
    await eventually('its files are stale', async () =>
      (await sh(client, 'ls /tmp/m')).stderr.includes('Stale'),
    );
    await client.output('umount', ['-l', '/tmp/m']);
  });
});
