import { beforeAll, expect, test } from '@jest/globals';
import { makePluginFolder } from '../../lab/plugin/folder.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer, startContainer } from '../containers.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from '../nfs/use-hosts.ts';

const needs = { ...realNfsHosts, programs: [...realNfsHosts.programs, 'ldd', 'tar', 'mount.nfs'] } as const;

/** With the fewest permissions: those of the variant without devices. */
describeWith(needs, 'the managed plugin with NFS, on a host with its own kernel', () => {
  const { host, server } = useNfsHosts({
    hosts: 1,
    memory: '2G',
    // A service of the same host uses the same export.
    drivers: { holdfast: nfsDriver('volumes') },
  });
  const docker = (...words: readonly string[]) => host().docker(...words);
  const create = (name: string) => docker('volume', 'create', '--driver', 'shared', name);

  beforeAll(async () => {
    const folder = `${host().folder}/plugin`;
    await makePluginFolder(folder, 'without-devices');
    await docker('plugin', 'create', 'shared', folder);
    await host().guest.output('mkdir', ['-p', '/var/lib/holdfast']);
    await docker('plugin', 'set', 'shared', 'BACKEND=nfs', 'SERVER=guest0', 'EXPORT=/srv/volumes');
    // The engine waits 12 s for it, which a user-mode kernel on a busy machine may exceed.
    await host().eventually('it is enabled', () =>
      docker('plugin', 'enable', 'shared').then(() => true as const),
    );
  });

  test('keeps the data of one container for the next one', async () => {
    await create('everywhere');
    const seen = await inContainer(
      host(),
      ['everywhere:/d'],
      'echo here > /d/file; grep " /d " /proc/mounts',
    );
    expect(seen).toMatch(/^guest0:\/srv\/volumes\S* \/d nfs4 /);
    expect(await inContainer(host(), ['everywhere:/d'], 'cat /d/file')).toBe('here');
  });

  test('and a service of the same host do not keep each other from removing volumes of the one export', async () => {
    await docker('volume', 'create', '--driver', 'holdfast', 'of-service');
    await create('of-plugin');
    for (const [busy, idle] of [
      ['of-service', 'of-plugin'],
      ['of-plugin', 'of-service'],
    ] as const) {
      await startContainer(host(), 'user', [`${busy}:/d`]);
      await inContainer(host(), [`${idle}:/d`], 'touch /d/file');
      await docker('volume', 'rm', idle);
      await docker('rm', '--force', 'user');
      await docker('volume', 'create', '--driver', idle === 'of-plugin' ? 'shared' : 'holdfast', idle);
    }
  });

  test('and such a service both have a volume: after its last container, the service unmounts it, and the plugin keeps it', async () => {
    await docker('volume', 'create', '--driver', 'holdfast', 'both');
    const id = await docker('plugin', 'inspect', '--format', '{{.ID}}', 'shared');
    const socket = `/run/docker/plugins/${id}/holdfast.sock`;
    const call = async (method: string) =>
      JSON.parse(
        (await host().guest.post(socket, `/VolumeDriver.${method}`, { Name: 'both', ID: 'a' })).body,
      );
    await startContainer(host(), 'user', ['both:/d']);
    expect((await call('Mount')).Err ?? '').toBe('');
    await docker('rm', '--force', 'user');
    await host().eventually('it is unmounted', async () => !(await host().isMounted('both')));
    await expect(docker('volume', 'rm', 'both')).rejects.toThrow(/both is in use by a mount of this host/);
    expect(await call('Unmount')).toEqual({});
    // The plugin cannot tell whose the service's mount was during the refused removal.
    await host().eventually('it is removed', () => docker('volume', 'rm', 'both').then(() => true as const));
  });

  test('killed, or disabled by force, under a container that syncs every line: no write fails', async () => {
    await create('precious');
    const appender = await startAppender(host(), 'writer', 'precious');
    const { stdout } = await host().guest.run('pgrep', ['-f', 'main.js serve --json']);
    await host().guest.output('kill', ['-9', ...stdout.trim().split('\n')]);
    await host().eventually('it answers', () => create('after'));
    await appender.appendsOn();
    await docker('plugin', 'disable', '--force', 'shared');
    await appender.appendsOn();
    await docker('plugin', 'enable', 'shared');
    await appender.appendsOn();
    const acknowledged = await appender.end();
    expect(await appender.failed()).toEqual([]);
    const found = lines(await inContainer(host(), ['precious:/d'], 'cat /d/lines'));
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
  });

  test('is enabled in time while its server hangs, and has its volumes when the server is back', async () => {
    await create('stuck');
    await inContainer(host(), ['stuck:/d'], 'echo still > /d/file');
    await docker('plugin', 'disable', '--force', 'shared');
    await server().pause();
    try {
      await docker('plugin', 'enable', 'shared');
      expect(await docker('volume', 'ls', '--filter', 'driver=shared:latest', '--quiet')).toContain('stuck');
    } finally {
      await server().resume();
    }
    const read = () => inContainer(host(), ['stuck:/d'], 'cat /d/file').catch(() => false as const);
    expect(await host().eventually('the server is back', read)).toBe('still');
  });
});
