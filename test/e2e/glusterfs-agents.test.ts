import { expect, test } from '@jest/globals';
import type { GlusterHost } from '../lab/gluster/gluster-hosts.ts';
import { busybox } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { lines, startAppender } from './appender.ts';
import { inContainer, plain } from './containers.ts';
import { dvdcli, silently, startTask } from './mesos-tasks.ts';
import { errorOf } from './trouble.ts';
import { realGlusterHosts, useGlusterHosts } from './use-gluster-hosts.ts';
import { words } from './use-machine.ts';
import { createVolume } from './volumes.ts';

describeWith(realGlusterHosts, 'three agents of one GlusterFS cluster', () => {
  const { cluster, host } = useGlusterHosts({ hosts: 3, cluster: { brickSize: '64m' } });
  const others = () => [host(1), host(2)];

  test('have a volume that one of them created at once, and see what the containers of all write', async () => {
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

  test('mount a volume that was created elsewhere without having heard of it', async () => {
    await createVolume(host(), 'unheard');
    const mounting = others().map((other) => inContainer(other, ['unheard:/d'], 'touch /d/file'));
    await Promise.all(mounting);
    expect(await inContainer(host(), ['unheard:/d'], 'ls /d')).toBe('file');
  });

  test('read every byte that was acknowledged to a container whose host lost its power', async () => {
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

  test('hand the volume of a Mesos task whose host lost its power to a task elsewhere, with what was acknowledged to it', async () => {
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
    // Its agent kept the checkpoint, and the task runs on elsewhere by now.
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

  test('make an empty volume of a name that another one removed', async () => {
    await createVolume(host(), 'again');
    await inContainer(host(1), ['again:/d'], 'touch /d/old');
    await host().docker('volume', 'rm', 'again');
    await host(1).holdfast.call('VolumeDriver.Create', { Name: 'again', Opts: {} });
    expect(await inContainer(host(1), ['again:/d'], 'ls /d')).toBe('');
  });

  test('get one volume when they create it at the same moment', async () => {
    const hosts = [host(), ...others()];
    await Promise.all(hosts.map((each) => createVolume(each, 'same', 'mode=0711')));
    const ids = new Set<string>();
    for (const each of hosts) {
      expect(await inContainer(each, ['same:/d'], 'echo here >> /d/file; stat -c %a /d')).toBe('711');
      ids.add(JSON.parse(await each.holdfast.command('volume', 'inspect', 'same', '--json')).id);
    }
    expect(ids.size).toBe(1);
    expect(await inContainer(host(), ['same:/d'], 'wc -l < /d/file')).toBe('3');
  });

  test('agree on one of two that create it with other options, and tell the other the difference', async () => {
    // Not by Docker, which asks for the volume first, and does not compare options when it is there by then.
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

  test('are told that the share is full, and go on once there is space', async () => {
    await createVolume(host(), 'crowded');
    await inContainer(host(), ['crowded:/d'], 'echo kept > /d/file');
    await cluster().fill();
    const write = ['dd', 'if=/dev/zero', 'of=/d/large', 'bs=1M', 'count=4', 'conv=fsync'];
    const flags = ['run', '--rm', ...plain, '-v', 'crowded:/d', busybox];
    const full = await host(1).engine.tryDocker(...flags, ...write);
    expect(full.exitCode).not.toBe(0);
    expect(full.stderr).toContain('No space left on device');
    await expect(createVolume(host(2), 'one-more')).rejects.toThrow(/one-more.*share is full/);
    await cluster().drain();
    // A brick looks at its disk every five seconds.
    await host(2).eventually('there is space', () => createVolume(host(2), 'one-more'));
    expect(await inContainer(host(1), ['crowded:/d'], `${write.join(' ')} && cat /d/file`)).toBe('kept');
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
