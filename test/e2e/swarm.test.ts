import { symlink } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builtDaemon } from '../lab/built-daemon.ts';
import { busybox } from '../lab/images.ts';
import { createMachine, type Machine } from '../lab/machine.ts';
import { type LoneNetwork, openLoneNetwork } from '../lab/network/lone.ts';
import { describeWith } from '../lab/requirements.ts';
import { realEngine } from './use-machine.ts';

/** An image of a registry that does not exist: the engine asks the registry even if it has the image. */
const image = '127.0.0.1:9/busybox:test';

describeWith(realEngine, 'a Swarm of one node', () => {
  let machine: Machine;
  let network: LoneNetwork | undefined;
  beforeAll(async () => {
    network = await openLoneNetwork();
    const { path } = network;
    machine = await createMachine(await builtDaemon(), { network: () => path });
    await machine.boot();
    await machine.docker('tag', busybox, image);
    await machine.docker('swarm', 'init', '--advertise-addr=127.0.0.1', '--listen-addr=127.0.0.1');
  });
  afterAll(async () => {
    try {
      await machine.docker('swarm', 'leave', '--force');
    } finally {
      await machine.destroy();
      await network?.close();
    }
  });

  const serve = (name: string, mount: string) =>
    machine.docker(
      ...['service', 'create', '--detach', '--no-resolve-image', '--name', name, '--network', 'host'],
      ...['--stop-signal', 'KILL', '--restart-delay', '500ms'],
      ...['--mount', `type=volume,${mount},dst=/d,volume-driver=holdfast`, image, 'sleep', '100000'],
    );
  const tasksOf = (name: string) =>
    machine.docker('service', 'ps', '--no-trunc', '--format', '{{.CurrentState}} {{.Error}}', name);
  const runs = (name: string) =>
    machine.eventually(`${name} runs`, async () => (await tasksOf(name)).startsWith('Running'));
  const containerOf = (name: string) =>
    machine.docker('ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=${name}`);
  const ends = async (name: string) => {
    await machine.docker('service', 'rm', name);
    await machine.eventually('its container is gone', async () => (await containerOf(name)) === '');
  };

  test('places no task on a node whose engine has not loaded the driver, until Holdfast can ask it', async () => {
    await serve('early', 'src=early');
    const refusal = 'no suitable node (missing plugin on 1 node)';
    await machine.eventually('it is not placed', async () => (await tasksOf('early')).includes(refusal));
    // From here on, the daemon can ask the engine, at the default path of its socket.
    await symlink(`${machine.folder}/docker.sock`, machine.namespace.path('/run/docker.sock'));
    await runs('early');
    await ends('early');
  });

  test('creates the volume with the options of the service on the node of the task, and keeps it', async () => {
    await serve('db', 'src=data,volume-opt=uid=7,volume-opt=mode=0700');
    await runs('db');
    const seen = await machine.docker('exec', await containerOf('db'), 'stat', '-c', '%u %a', '/d');
    expect(seen).toBe('7 700');
    const scope = await machine.docker('volume', 'inspect', '--format', '{{.Scope}}', 'data');
    expect(scope).toBe('local');
    await machine.docker('exec', await containerOf('db'), 'sh', '-c', 'echo kept > /d/file');
    await ends('db');
    await machine.eventually('it is released', async () => !(await machine.isMounted('data')));
    await serve('again', 'src=data');
    await runs('again');
    expect(await machine.docker('exec', await containerOf('again'), 'cat', '/d/file')).toBe('kept');
    await ends('again');
  });

  test('releases the volumes of a drained node, and mounts them when it is active again', async () => {
    await serve('web', 'src=web');
    await runs('web');
    const node = await machine.docker('info', '--format', '{{.Swarm.NodeID}}');
    await machine.docker('node', 'update', '--availability', 'drain', node);
    await machine.eventually('it is released', async () => !(await machine.isMounted('web')));
    expect(await machine.docker('volume', 'ls', '--quiet')).toContain('web');
    await machine.docker('node', 'update', '--availability', 'active', node);
    await runs('web');
    expect(await machine.isMounted('web')).toBe(true);
    await ends('web');
  });

  test('knows the driver again after a restart of its engine', async () => {
    // All volumes are removed, because a starting engine loads the drivers of the volumes that it knows.
    await machine.docker('container', 'prune', '--force');
    const volumes = (await machine.docker('volume', 'ls', '--quiet')).split('\n');
    await machine.docker('volume', 'rm', ...volumes);
    await machine.engine.stop();
    await machine.engine.start();
    await serve('late', 'src=late');
    await runs('late');
    await ends('late');
  });
});
