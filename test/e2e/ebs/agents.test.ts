import { DetachVolumeCommand } from '@aws-sdk/client-ec2';
import { expect, test } from '@jest/globals';
import { createClient } from '../../lab/ec2/client.ts';
import type { EbsHost } from '../../lab/ec2/ebs-host.ts';
import { busybox } from '../../lab/images.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer, plain, startContainer } from '../containers.ts';
import { dvdcli, silently, startTask } from '../mesos/tasks.ts';
import { auditOf, logged, mustRestart } from '../trouble.ts';
import { words } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';
import { realEbsHosts, useEbsHosts } from './use-hosts.ts';

/** Milliseconds that Docker's client waits for a Mount. */
const dockerWaits = 120_000;

describeWith(realEbsHosts, 'two agents on EC2', () => {
  const lab = useEbsHosts({
    instances: [{ type: 'm5.large' }, { type: 't2.micro' }],
    // The reaper runs at half of this interval.
    daemon: { grace: '10s' },
  });
  const a = () => lab.host(0);
  const b = () => lab.host(1);
  const both = () => [a(), b()];

  /** The EBS volume and its attachment. */
  const disk = () => {
    const [volume, ...others] = lab.endpoint().volumes();
    if (!volume || others.length > 0) throw new Error(`There are ${others.length + 1} EBS volumes.`);
    return volume;
  };
  const holder = () => disk().attachment?.instanceId;
  const changes = () => {
    const { requests } = lab.endpoint();
    return [...requests('AttachVolume'), ...requests('DetachVolume')].map(({ action }) => action);
  };

  test('use a volume in turn, and each finds the data of the other', async () => {
    await createVolume(a(), 'db', 'size=1');
    for (const each of both()) {
      const seen = await each.docker('volume', 'inspect', '--format', '{{.Driver}} {{.Scope}}', 'db');
      expect(seen).toBe('holdfast global');
      expect(words(await each.docker('volume', 'ls', '--quiet'))).toEqual(['db']);
    }
    await startContainer(a(), 'first', ['db:/d']);
    expect(await a().docker('exec', 'first', 'ls', '-A', '/d')).toBe('');
    await a().docker('exec', 'first', 'sh', '-c', 'echo from a > /d/file');
    expect(holder()).toBe(a().instance.id);
    await a().docker('stop', 'first');
    expect(await inContainer(b(), ['db:/d'], 'cat /d/file; echo from b >> /d/file')).toBe('from a');
    await a().docker('start', 'first');
    expect(await a().docker('exec', 'first', 'cat', '/d/file')).toBe('from a\nfrom b');
  });

  test('a host without power keeps its volume until EC2 lists it as stopped, and loses no acknowledged line; after its return it waits for the volume', async () => {
    await createVolume(a(), 'precious', 'size=1');
    const appender = await startAppender(a(), 'survivor', 'precious');
    await appender.appendsOn();
    await a().crash();
    const acknowledged = await appender.acknowledged();
    expect(acknowledged.length).toBeGreaterThan(3);
    const { id } = a().instance;
    const refused = await tryInContainer(b(), 'precious:/d', 'true');
    expect(refused.words).toContain(
      `Volume precious could not be mounted: its disk ${disk().id} is attached to ${id} (EC2 has instance ${id} as running). ` +
        `Stop its containers there; if that host is dead, stop instance ${id}, and the next mount takes the volume over.`,
    );
    expect(refused.took).toBeLessThan(dockerWaits / 2);
    expect(holder()).toBe(id);
    expect(await auditOf(b(), 'precious')).toEqual([]);

    await a().instance.setState('stopped');
    const found = lines(await inContainer(b(), ['precious:/d'], 'cat /d/lines'));
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(await auditOf(b(), 'precious')).toEqual([
      expect.objectContaining({
        act: 'take-over',
        evidence: `${disk().id} is detached from ${id}: EC2 has instance ${id} as stopped`,
      }),
    ]);

    await startContainer(b(), 'user', ['precious:/d']);
    await a().instance.setState('running');
    await a().reboot();
    const starting = a().docker('start', 'survivor');
    await b().docker('exec', 'user', 'sh', '-c', 'echo from b >> /d/lines');
    expect(holder()).toBe(b().instance.id);
    await b().docker('stop', 'user');
    await starting;
    await appender.appendsOn();
    await a().docker('stop', 'survivor');
    const after = lines(await inContainer(a(), ['precious:/d'], 'cat /d/lines'));
    expect(after.slice(0, found.length + 1)).toEqual([...found, 'from b']);
  });

  test('a host without power that EC2 lists as running keeps the volume of its Mesos task until the master lists its agent as unreachable', async () => {
    const wish = { name: 'task', options: ['size=1'] };
    const agent = lab.agent(0);
    const writer = await startTask(a(), wish, 'witnessed');
    await writer.write('acknowledged');
    await a().crash();
    expect(writer.running()).toBe(false);

    const { id } = a().instance;
    const inEc2 = `EC2 has instance ${id} as running`;
    const inMesos = `Mesos has agent ${agent.id} (${agent.hostname}) of ${id}`;
    expect(await dvdcli(b(), 'mount', wish, 'witnessed')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(`is attached to ${id} (${inEc2}; ${inMesos} as active)`),
    });
    expect(holder()).toBe(id);
    expect(await auditOf(b(), 'task')).toEqual([]);
    expect(await dvdcli(b(), 'unmount', wish, 'witnessed')).toEqual(silently);

    lab.mesos().setAgent(agent, 'unreachable');
    const reader = await startTask(b(), wish, 'witnessed');
    expect(await reader.read()).toBe('acknowledged\n');
    expect(await auditOf(b(), 'task')).toEqual([
      expect.objectContaining({
        act: 'take-over',
        driver: 'witnessed',
        evidence: expect.stringContaining(
          `${disk().id} is detached from ${id}: ${inEc2}; ${inMesos} as unreachable since `,
        ),
      }),
    ]);
    await reader.kill();
    expect(await dvdcli(b(), 'unmount', wish, 'witnessed')).toEqual(silently);
    lab.mesos().setAgent(agent, 'active');
  });

  test('a host that was cut off unmounts its dead mount, leaves the volume to the other host, and can mount it again later', async () => {
    await createVolume(a(), 'torn', 'size=1');
    const appender = await startAppender(a(), 'castaway', 'torn');
    await a().cut();
    await a().instance.setState('stopped');
    await startContainer(b(), 'user', ['torn:/d']);
    await b().docker('exec', 'user', 'sh', '-c', 'echo from b > /d/lines; sync');
    await isReleased(a(), 'torn');
    expect(await mustRestart(a(), 'torn')).toEqual([appender.id]);

    lab.endpoint().clearRequests();
    await a().instance.setState('running');
    await a().join();
    const refused = await tryInContainer(a(), 'torn:/d', 'true');
    expect(refused.words).toContain(`is attached to ${b().instance.id}`);
    expect(changes()).toEqual([]);
    expect(await b().docker('exec', 'user', 'cat', '/d/lines')).toBe('from b');

    await b().docker('stop', 'user');
    await a().docker('restart', 'castaway');
    await appender.appendsOn();
    expect(await inContainer(a(), ['torn:/d'], 'head -n 1 /d/lines')).toBe('from b');
    const nobody = async () => (await mustRestart(a(), 'torn')).length === 0;
    await a().eventually('nobody must restart', nobody);
  });

  test('a daemon that starts on a host whose disk was detached by force unmounts the dead mount before it mounts anything', async () => {
    await createVolume(a(), 'forced', 'size=1');
    await startAppender(a(), 'victim', 'forced');
    await a().holdfast.kill();
    const detach = new DetachVolumeCommand({ VolumeId: disk().id, Force: true });
    await createClient(lab.endpoint()).send(detach);
    await startContainer(b(), 'user', ['forced:/d']);
    await b().docker('exec', 'user', 'sh', '-c', 'echo from b > /d/lines; sync');
    await a().holdfast.start();
    const recovered = await a().eventually('it has recovered', async () =>
      (await logged(a(), 'recovered')).find(({ volume }) => volume === 'forced'),
    );
    expect(recovered).toMatchObject({ action: 'give-up' });
    expect(await a().isMounted('forced')).toBe(false);
    expect(holder()).toBe(b().instance.id);
    await b().docker('stop', 'user');
    expect(await inContainer(a(), ['forced:/d'], 'cat /d/lines')).toBe('from b');
  });

  test('a kill or stop of Holdfast does not affect a running container, and nobody can remove its volume meanwhile', async () => {
    await createVolume(a(), 'busy', 'size=1');
    const appender = await startAppender(a(), 'writer', 'busy');
    for (const end of ['kill', 'stop'] as const) {
      await a().holdfast[end]();
      await appender.appendsOn();
      const removed = await b().engine.tryDocker('volume', 'rm', 'busy');
      expect(removed.stderr).toContain(`its disk ${disk().id} is attached to ${a().instance.id}`);
      await a().holdfast.start();
      await appender.appendsOn();
      expect(await inContainer(a(), ['busy:/d'], 'grep -c . /d/lines')).toMatch(/^[1-9]/);
    }
    const acknowledged = await appender.end();
    expect(await appender.failed()).toEqual([]);
    const found = lines(await inContainer(b(), ['busy:/d'], 'cat /d/lines'));
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
  });

  test('a volume in another zone is refused, and the error names both zones', async () => {
    const [here, there] = lab.endpoint().zones;
    lab.endpoint().clearRequests();
    await createVolume(a(), 'far', 'size=1', `availabilityZone=${there}`);
    const refused = await tryInContainer(b(), 'far:/d', 'true');
    expect(refused.words).toContain(`its disk ${disk().id} is in ${there}, and this host is in ${here}`);
    expect(changes()).toEqual([]);
  });

  test('a reboot of an instance leaves its volume attached, and its container runs again', async () => {
    await createVolume(a(), 'kept', 'size=1');
    const appender = await startAppender(a(), 'rebooted', 'kept');
    lab.endpoint().clearRequests();
    await a().reboot();
    const acknowledged = await appender.acknowledged();
    expect(await a().isMounted('kept')).toBe(false);
    await a().docker('start', 'rebooted');
    await appender.appendsOn();
    const found = lines(await a().docker('exec', 'rebooted', 'cat', '/d/lines'));
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(changes()).toEqual([]);
  });
});

interface Attempted {
  readonly words: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Starts a container that must fail; returns Docker's error. */
async function tryInContainer({ engine }: EbsHost, mount: string, command: string): Promise<Attempted> {
  const began = performance.now();
  const flags = ['run', '--rm', ...plain, '-v', mount, busybox];
  const { exitCode, stderr } = await engine.tryDocker(...flags, 'sh', '-c', command);
  if (exitCode === 0) throw new Error(`A container has ${mount}.`);
  return { words: stderr, took: performance.now() - began };
}
