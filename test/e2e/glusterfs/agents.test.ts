import { expect, test } from '@jest/globals';
import type { GlusterHost } from '../../lab/gluster/hosts.ts';
import { busybox } from '../../lab/images.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer, plain } from '../containers.ts';
import { dvdcli, silently, startTask } from '../mesos/tasks.ts';
import { errorOf } from '../trouble.ts';
import { words } from '../use-machine.ts';
import { createVolume } from '../volumes.ts';
import { realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

describeWith(realGlusterHosts, 'three agents of one GlusterFS cluster', () => {
  const { cluster, host } = useGlusterHosts({ hosts: 3, cluster: { brickSize: '64m' } });
  const others = () => [host(1), host(2)];

  test('can use a volume at once that one of them created, and see the writes of all containers', async () => {
    await createVolume(host(), 'common');
    for (const other of others()) {
      const seen = await other.docker('volume', 'inspect', '--format', '{{.Driver}} {{.Scope}}', 'common');
      expect(seen).toBe('holdfast global');
      expect(await listed(other)).toEqual(['common']);
    }
    await inContainer(host(), ['common:/d'], 'echo from the first > /d/file');
    for (const other of others()) {
      const command = 'cat /d/file && echo and another >> /d/file';
      expect(await inContainer(other, ['common:/d'], command)).toMatch(/^from the first/);
    }
    expect(await inContainer(host(), ['common:/d'], 'grep -c "and another" /d/file')).toBe('2');
  });

  test('mount a volume that was created elsewhere and is not in their list yet', async () => {
    await createVolume(host(), 'unheard');
    const mounting = others().map((other) => inContainer(other, ['unheard:/d'], 'touch /d/file'));
    await Promise.all(mounting);
    expect(await inContainer(host(), ['unheard:/d'], 'ls /d')).toBe('file');
  });

  test('read every acknowledged byte of a container whose host lost power', async () => {
    await createVolume(host(), 'precious');
    await inContainer(host(1), ['precious:/d'], 'ls /d');
    const appender = await startAppender(host(), 'writer', 'precious');
    await appender.appendsOn();
    await host().crash();
    const acknowledged = await appender.acknowledged();
    expect(acknowledged.length).toBeGreaterThan(3);
    for (const other of others()) {
      const found = lines(await inContainer(other, ['precious:/d'], 'cat /d/lines'));
      expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    }
    await host().reboot();
    expect(await inContainer(host(), ['precious:/d'], 'head -n 1 /d/lines')).toBe('1');
  });

  test('give the volume of a Mesos task whose host lost power to a task elsewhere, with all acknowledged data', async () => {
    const wish = { name: 'task', options: ['mode=0750'] };
    const writer = await startTask(host(), wish);
    await writer.write('acknowledged');
    await host().crash();
    expect(writer.running()).toBe(false);
    const reader = await startTask(host(1), wish);
    expect(await reader.read()).toBe('acknowledged\n');
    await reader.write('from another agent');
    await reader.kill();
    expect(await dvdcli(host(1), 'unmount', wish)).toEqual(silently);
    await host().reboot();
    // The agent of the rebooted host kept its checkpoint, but the task now runs elsewhere.
    expect(await dvdcli(host(), 'unmount', wish)).toEqual(silently);
    expect(await inContainer(host(), ['task:/d'], 'cat /d/lines')).toBe('acknowledged\nfrom another agent');
  });

  test('all lose a volume that one of them removed, and any of them brings it back with its data', async () => {
    await createVolume(host(), 'regretted');
    await inContainer(host(1), ['regretted:/d'], 'echo dear > /d/file');
    await inContainer(host(2), ['regretted:/d'], 'cat /d/file');
    await host().docker('volume', 'rm', 'regretted');
    const mounted = await host(1).holdfast.call('VolumeDriver.Mount', { Name: 'regretted', ID: 'late' });
    expect(JSON.parse(mounted.body).Err).toContain('regretted');
    await hasRefreshed(host(2));
    expect(await listed(host(2))).toEqual([]);
    await host(2).holdfast.command('volume', 'undelete', 'regretted');
    expect(await inContainer(host(1), ['regretted:/d'], 'cat /d/file')).toBe('dear');
  });

  test('remove a volume again that another host brought back', async () => {
    for (let round = 0; round < 3; round += 1) {
      const name = `fickle-${round}`;
      await createVolume(host(), name);
      await inContainer(host(1), [`${name}:/d`], 'echo dear > /d/file');
      expect(errorOf(await host().holdfast.call('VolumeDriver.Remove', { Name: name }))).toBe('');
      // A client lists files of another client after at most one second.
      await host(2).eventually('it is in the trash', async () => {
        const { exitCode } = await host(2).holdfast.tryCommand('volume', 'undelete', name);
        return exitCode === 0;
      });
      expect(await inContainer(host(1), [`${name}:/d`], 'cat /d/file')).toBe('dear');
      expect(errorOf(await host().holdfast.call('VolumeDriver.Remove', { Name: name }))).toBe('');
      await host().holdfast.command('volume', 'undelete', name);
      expect(errorOf(await host(2).holdfast.call('VolumeDriver.Remove', { Name: name }))).toBe('');
    }
  });

  test('create an empty volume with a name that another host removed', async () => {
    await createVolume(host(), 'again');
    await inContainer(host(1), ['again:/d'], 'touch /d/old');
    await host().docker('volume', 'rm', 'again');
    await host(1).holdfast.call('VolumeDriver.Create', { Name: 'again', Opts: {} });
    expect(await inContainer(host(1), ['again:/d'], 'ls /d')).toBe('');
  });

  test('create, mount and remove one name in turn, and find nothing of an earlier volume', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [one, two] = round % 2 === 0 ? [host(), host(1)] : [host(1), host()];
      const call = async (each: GlusterHost, method: string, more = {}) => {
        const answer = await each.holdfast.call(`VolumeDriver.${method}`, { Name: 'turned', ...more });
        expect([round, method, errorOf(answer)]).toEqual([round, method, '']);
      };
      const isEmpty = async (each: GlusterHost) => {
        const { stdout } = await each.namespace.run('ls', each.mountpoint('turned'));
        expect([round, stdout]).toEqual([round, '']);
      };
      await call(one, 'Create', { Opts: {} });
      await call(two, 'Mount', { ID: 'x' });
      await isEmpty(two);
      await two.namespace.run('touch', `${two.mountpoint('turned')}/of-${round}`);
      await call(two, 'Unmount', { ID: 'x' });
      await call(two, 'Remove');
      // Without a pause, on the host that has just seen the previous volume.
      await call(two, 'Create', { Opts: {} });
      await call(one, 'Mount', { ID: 'x' });
      await isEmpty(one);
      await call(one, 'Unmount', { ID: 'x' });
      await call(one, 'Remove');
    }
  });

  test('get the same volume if they create it at the same time', async () => {
    const hosts = [host(), ...others()];
    await Promise.all(hosts.map((each) => createVolume(each, 'same', 'mode=0711')));
    const ids = new Set<string>();
    for (const each of hosts) {
      expect(await inContainer(each, ['same:/d'], 'echo here >> /d/file; stat -c %a /d')).toBe('711');
      ids.add(JSON.parse(await each.holdfast.command('volume', 'inspect', 'same', '--json')).id);
    }
    expect(ids.size).toBe(1);
    // A client may show the size of a file that another client has written to since for up to a second.
    await host().eventually('the lines of all three are in the file', async () => {
      return (await inContainer(host(), ['same:/d'], 'wc -l < /d/file')) === '3';
    });
  });

  test('with different options, one of two simultaneous creators wins, and the other gets the difference', async () => {
    // Docker cannot be used: it first looks for the volume, and does not compare options if it exists.
    const creating = ['1001', '1002'].map((uid, place) =>
      host(place).holdfast.call('VolumeDriver.Create', { Name: 'disputed', Opts: { uid } }),
    );
    const errors = (await Promise.all(creating)).map(errorOf);
    const winner = errors[0] === '' ? '1001' : '1002';
    expect(errors.filter((error) => error !== '')).toEqual([
      expect.stringMatching(/other options: .*uid.*100[12]/),
    ]);
    for (const each of [host(), ...others()])
      expect(await inContainer(each, ['disputed:/d'], 'stat -c %u /d')).toBe(winner);
  });

  test('get an error while the share is full, and work again once there is space', async () => {
    await createVolume(host(), 'crowded');
    await inContainer(host(), ['crowded:/d'], 'echo kept > /d/file');
    await createVolume(host(), 'unwanted');
    await inContainer(host(), ['unwanted:/d'], 'echo precious > /d/file');
    await cluster().fill();
    const write = ['dd', 'if=/dev/zero', 'of=/d/large', 'bs=1M', 'count=4', 'conv=fsync'];
    const flags = ['run', '--rm', ...plain, '-v', 'crowded:/d', busybox];
    const full = await host(1).engine.tryDocker(...flags, ...write);
    expect(full.exitCode).not.toBe(0);
    expect(full.stderr).toContain('No space left on device');
    await expect(createVolume(host(2), 'one-more')).rejects.toThrow(/one-more.*share is full/);
    await host().docker('volume', 'rm', 'unwanted');
    await cluster().drain();
    // A brick checks its disk every five seconds.
    await host(2).eventually('there is space', () => createVolume(host(2), 'one-more'));
    expect(await inContainer(host(1), ['crowded:/d'], `${write.join(' ')} && cat /d/file`)).toBe('kept');
    await host().holdfast.command('volume', 'undelete', 'unwanted');
    expect(await inContainer(host(), ['unwanted:/d'], 'cat /d/file')).toBe('precious');
  });
});

async function listed({ docker }: GlusterHost): Promise<readonly string[]> {
  return words(await docker('volume', 'ls', '--quiet'));
}

/** A daemon lists the share a second after its start, and every five minutes. */
async function hasRefreshed({ holdfast, eventually }: GlusterHost): Promise<void> {
  await holdfast.stop();
  await holdfast.start();
  const known = async () => JSON.parse((await holdfast.call('VolumeDriver.List', {})).body).Volumes.length;
  await eventually('the list is fresh', async () => (await known()) === 0);
}
