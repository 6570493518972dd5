import { expect, test } from '@jest/globals';
import { killFuseClient } from '../../lab/gluster/fuse-clients.ts';
import { mountpoints } from '../../lab/kernel-view.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer, startContainer } from '../containers.ts';
import { logged, mustRestart } from '../trouble.ts';
import { createVolume, isReleased } from '../volumes.ts';
import { realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

describeWith(realGlusterHosts, 'the FUSE client of a host', () => {
  const { host } = useGlusterHosts({ hosts: 1 });

  test('is shared by all volumes, and is replaced after it was killed', async () => {
    await createVolume(host(), 'first');
    await createVolume(host(), 'second');
    await startContainer(host(), 'one', ['first:/d', 'second:/e']);
    await host().docker('exec', 'one', 'sh', '-c', 'echo before > /d/file');
    expect(await host().fuseClients()).toHaveLength(1);
    await killFuseClient(await base());
    expect(await inContainer(host(), ['first:/d'], 'cat /d/file')).toBe('before');
    expect(await inContainer(host(), ['second:/d'], 'touch /d/file && ls /d')).toBe('file');
    expect(await host().fuseClients()).toHaveLength(1);
  });

  test('leaves containers that must be restarted, and these are named everywhere until the restart', async () => {
    await createVolume(host(), 'named');
    const old = await startContainer(host(), 'old', ['named:/d']);
    await host().docker('exec', 'old', 'sh', '-c', 'echo before > /d/file');
    await killFuseClient(await base());
    await inContainer(host(), ['named:/d'], 'echo after >> /d/file');
    expect(await mustRestart(host(), 'named')).toEqual([old]);
    expect(await host().holdfast.command('volume', 'inspect', 'named')).toMatch(
      new RegExp(`Must restart\\s+container ${old.slice(0, 12)}`),
    );
    const events = await logged(host(), 'containers-must-restart');
    expect(events.at(-1)).toMatchObject({
      volume: 'named',
      users: expect.stringContaining(old.slice(0, 12)),
    });
    await host().docker('restart', 'old');
    expect(await host().docker('exec', 'old', 'cat', '/d/file')).toBe('before\nafter');
    await host().eventually('nobody is named', async () => (await mustRestart(host(), 'named')).length === 0);
    await host().docker('rm', '--force', 'old');
    await isReleased(host(), 'named');
    expect((await volumeMounts()).length).toBe(0);
  });

  test('is also replaced without a new container', async () => {
    await createVolume(host(), 'quiet');
    const old = await startContainer(host(), 'old', ['quiet:/d']);
    await host().docker('exec', 'old', 'sh', '-c', 'echo before > /d/file');
    await killFuseClient(await base());
    const named = async () => (await mustRestart(host(), 'quiet')).includes(old);
    await host().eventually('the container is named', named);
    const mounted = () => host().namespace.run('cat', `${host().mountpoint('quiet')}/file`);
    await host().eventually('it is mounted again', async () => (await mounted()).stdout === 'before\n');
    expect(await host().fuseClients()).toHaveLength(1);
  });

  test('survives the daemon: kill -9 does not affect a writing container', async () => {
    await createVolume(host(), 'lasting');
    const appender = await startAppender(host(), 'writer', 'lasting');
    const clients = await host().fuseClients();
    await host().holdfast.kill();
    await appender.appendsOn();
    await host().holdfast.start();
    const inspected = JSON.parse(await host().holdfast.command('volume', 'inspect', 'lasting', '--json'));
    expect(inspected).toMatchObject({ mountpoint: host().mountpoint('lasting') });
    expect(inspected.holders).toHaveLength(1);
    expect(await inContainer(host(), ['lasting:/d'], 'head -n 1 /d/lines')).toBe('1');
    await appender.appendsOn();
    expect(await host().fuseClients()).toEqual(clients);
    expect(await appender.failed()).toEqual([]);
    const acknowledged = await appender.end();
    const found = lines(await inContainer(host(), ['lasting:/d'], 'cat /d/lines'));
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    await host().docker('rm', '--force', 'writer');
    await isReleased(host(), 'lasting');
  });

  test('ends with a clean stop if nothing is in use, and stays for a running container', async () => {
    await createVolume(host(), 'kept');
    const appender = await startAppender(host(), 'writer', 'kept');
    await host().holdfast.stop();
    await appender.appendsOn();
    expect(await host().fuseClients()).toHaveLength(1);
    await host().holdfast.start();
    await host().docker('rm', '--force', 'writer');
    await isReleased(host(), 'kept');
    expect(await appender.failed()).toEqual([]);
    await host().holdfast.stop();
    expect(await host().fuseClients()).toEqual([]);
    expect((await allMounts()).filter((point) => point.includes('/mounts/'))).toEqual([]);
    await host().holdfast.start();
  });

  test('of a volume with isolation=volume is separate, and survives the death of others', async () => {
    await createVolume(host(), 'alone', 'isolation=volume');
    await createVolume(host(), 'beside');
    const appender = await startAppender(host(), 'writer', 'alone');
    await startContainer(host(), 'shared', ['beside:/d']);
    expect(await host().fuseClients()).toHaveLength(2);
    await killFuseClient(await base());
    await appender.appendsOn();
    expect(await inContainer(host(), ['beside:/d'], 'touch /d/file && ls /d')).toBe('file');
    expect(await mustRestart(host(), 'alone')).toEqual([]);
    expect(await mustRestart(host(), 'beside')).toHaveLength(1);
    expect(await appender.failed()).toEqual([]);
    await host().docker('rm', '--force', 'writer', 'shared');
    await isReleased(host(), 'alone');
    expect(await host().fuseClients()).toHaveLength(1);
  });

  test('of a volume with isolation=volume can be killed as well', async () => {
    await createVolume(host(), 'single', 'isolation=volume');
    const old = await startContainer(host(), 'old', ['single:/d']);
    await host().docker('exec', 'old', 'sh', '-c', 'echo before > /d/file');
    const shared = await base();
    const own = (await host().fuseMountpoints()).filter((mountpoint) => mountpoint !== shared);
    for (const mountpoint of own) await killFuseClient(mountpoint);
    expect(own).toHaveLength(1);
    expect(await inContainer(host(), ['single:/d'], 'cat /d/file')).toBe('before');
    expect(await mustRestart(host(), 'single')).toEqual([old]);
    await host().docker('rm', '--force', 'old');
    await isReleased(host(), 'single');
  });

  async function allMounts(): Promise<readonly string[]> {
    return mountpoints(`/proc/${host().namespace.pid()}/mountinfo`);
  }

  async function base(): Promise<string> {
    const found = (await allMounts()).find((point) => point.startsWith(`${host().folder}/mounts/.shares/`));
    if (found === undefined) throw new Error('The share is not mounted.');
    return found;
  }

  async function volumeMounts(): Promise<readonly string[]> {
    return (await allMounts()).filter((point) => point.startsWith(`${host().folder}/mounts/holdfast/`));
  }
});
