import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { busybox } from '../../lab/images.ts';
import { type LoneNetwork, openLoneNetwork } from '../../lab/network/lone.ts';
import { createPluginMachine, type PluginMachine, realPlugin } from '../../lab/plugin/machine.ts';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer, plain, startContainer } from '../containers.ts';
import { connectAsSwarm } from './swarm-asks.ts';
import { leaveNothing, switchOff } from './use-plugin.ts';

/** `plugin-config.test.ts` compares what each of them asks for. */
describeWith(realPlugin, 'a variant of the managed plugin', () => {
  let network: LoneNetwork | undefined;
  let opened: PluginMachine | undefined;
  const machine = () => {
    if (!opened) throw new Error('The machine did not boot: see the error of the first test.');
    return opened;
  };
  beforeAll(async () => {
    network = await openLoneNetwork();
    opened = await createPluginMachine(network.path);
  });
  afterEach(() => leaveNothing(machine()));
  afterAll(async () => {
    if (opened) await switchOff(opened);
    await network?.close();
  });

  test('without devices has directories as volumes, and refuses to mount a size, with the reason', async () => {
    const { docker, engine, build, published, installVersion } = machine();
    await build.publish(published(1), '1.0.0-test', '--without-devices');
    await installVersion(1, 'plain');
    const devices = ['plugin', 'inspect', '--format', '{{json .Config.Linux.AllowAllDevices}}', 'plain'];
    expect(await docker(...devices)).toBe('false');
    await docker('volume', 'create', '--driver', 'plain', 'folder');
    await inContainer(machine(), ['folder:/d'], 'echo dear > /d/file');
    expect(await inContainer(machine(), ['folder:/d'], 'cat /d/file')).toBe('dear');
    await docker('volume', 'create', '--driver', 'plain', '-o', 'size=32MiB', 'sized');
    const sized = ['run', '--rm', ...plain, '-v', 'sized:/d', busybox, 'true'];
    expect((await engine.tryDocker(...sized)).stderr).toMatch(
      /Volume sized could not be mounted: \/dev\/loop-control is missing .*managed plugin the variant that asks for them, or make the volume without a size/,
    );
  });

  test('for cluster volumes answers what Swarm asks, on any engine with managed plugins', async () => {
    const { docker, build, published, installVersion } = machine();
    await build.publish(published(2), '1.0.0-test', '--cluster');
    await installVersion(2, 'cluster');
    const swarm = await connectAsSwarm(machine(), 'cluster');
    const { controller, node } = await swarm.introduce();
    expect(controller).toEqual(expect.arrayContaining(['CREATE_DELETE_VOLUME', 'EXPAND_VOLUME']));
    expect(node).not.toContain('STAGE_UNSTAGE_VOLUME');
    const volume = await swarm.create('ledger', { mode: '0700' });
    const path = await swarm.publish(volume, 'swarmsid1');
    await startContainer(machine(), 'task', [`${path}:/d`]);
    await docker('exec', 'task', 'sh', '-c', 'echo text > /d/file; stat -c %a /d');
    // The agent forgets what it published when the engine restarts, and asks for it again.
    await docker('plugin', 'disable', '--force', 'cluster');
    await docker('plugin', 'enable', 'cluster');
    swarm.close();
    const again = await connectAsSwarm(machine(), 'cluster');
    await again.introduce();
    const samePath = await again.publish(volume, 'swarmsid1');
    expect(samePath).toBe(path);
    expect(await inContainer(machine(), [`${samePath}:/d`], 'cat /d/file; stat -c %a /d')).toBe('text\n700');
    expect(await docker('exec', 'task', 'cat', '/d/file')).toBe('text');
    await again.unpublish(volume, 'swarmsid1');
    await expect(again.remove(volume)).rejects.toThrow(/FAILED_PRECONDITION/);
    await docker('rm', '--force', 'task');
    await machine().eventually('it can be removed', () =>
      again.remove(volume).then(
        () => true,
        () => false,
      ),
    );
    again.close();
    await docker('plugin', 'rm', '--force', 'cluster');
  });
});
