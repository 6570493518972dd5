import { beforeAll, expect, test } from '@jest/globals';
import { makePluginFolder } from '../../lab/plugin/folder.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer } from '../containers.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from '../nfs/use-hosts.ts';

const needs = { ...realNfsHosts, programs: [...realNfsHosts.programs, 'ldd', 'tar', 'mount.nfs'] } as const;

/** With the fewest permissions: those of the variant without devices. */
describeWith(needs, 'the managed plugin with NFS, on a host with its own kernel', () => {
  const { host, server } = useNfsHosts({
    hosts: 1,
    memory: '2G',
    // The plugin has an export of its own: a share that a service of the same host has mounted as well counts as used.
    shares: ['volumes', 'others'],
    drivers: { holdfast: nfsDriver('others') },
  });
  const docker = (...words: readonly string[]) => host().docker(...words);
  const create = (name: string) => docker('volume', 'create', '--driver', 'shared', name);

  beforeAll(async () => {
    const folder = `${host().folder}/plugin`;
    await makePluginFolder(folder, 'without-devices');
    await docker('plugin', 'create', 'shared', folder);
    await host().guest.output('mkdir', ['-p', '/var/lib/holdfast']);
    await docker('plugin', 'set', 'shared', 'BACKEND=nfs', 'SERVER=guest0', 'EXPORT=/srv/volumes');
    await docker('plugin', 'enable', 'shared');
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
