import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createEngine } from '../lab/engine.ts';
import { busybox, importImages } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, plain, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

describeWith(realEngine, 'removing a volume in use', () => {
  const machine = useMachine();

  test('is refused by the engine for a container of its own, by name', async () => {
    const { docker, engine } = machine();
    await createVolume(machine(), 'own');
    const container = await startContainer(machine(), 'user', ['own:/d']);
    const refused = await engine.tryDocker('volume', 'rm', 'own');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(container);
    await docker('exec', 'user', 'touch', '/d/file');
    await docker('rm', '--force', 'user');
    await docker('volume', 'rm', 'own');
    expect(await docker('volume', 'ls', '--quiet')).toBe('');
  });

  test('is refused by Holdfast itself, which names the container', async () => {
    const { docker, holdfast } = machine();
    await createVolume(machine(), 'direct');
    const container = await startContainer(machine(), 'user', ['direct:/d']);
    const refused = await holdfast.call('VolumeDriver.Remove', { Name: 'direct' });
    expect(refused.status).not.toBe(200);
    const { Err: reason } = JSON.parse(refused.body);
    expect(reason).toContain('direct');
    expect(reason).toContain(container.slice(0, 12));
    await docker('exec', 'user', 'sh', '-c', 'echo alive > /d/file');
    await docker('rm', '--force', 'user');
    expect(await inContainer(machine(), ['direct:/d'], 'cat /d/file')).toBe('alive');
    await docker('volume', 'rm', 'direct');
  });

  test('is refused while a container of another engine uses it', async () => {
    const { docker, engine, namespace, folder } = machine();
    const second = createEngine(namespace, folder, 'second');
    await second.start();
    try {
      await importImages(folder, second);
      await createVolume(machine(), 'common');
      const mount = ['--volume-driver=holdfast', '-v', 'common:/d'];
      const container = await second.docker(
        'run',
        '-d',
        '--name',
        'other',
        ...plain,
        ...mount,
        busybox,
        'sleep',
        '1000',
      );
      const refused = await engine.tryDocker('volume', 'rm', 'common');
      expect(refused.exitCode).not.toBe(0);
      expect(refused.stderr).toContain(container.slice(0, 12));
      await second.docker('exec', 'other', 'touch', '/d/still-there');
      await second.docker('rm', '--force', 'other');
      await isReleased(machine(), 'common');
      await docker('volume', 'rm', 'common');
    } finally {
      await second.stop();
    }
  });

  test('is refused while a process in another mount namespace has it, and says which', async () => {
    const { docker, engine, namespace } = machine();
    await createVolume(machine(), 'borrowed');
    await startContainer(machine(), 'user', ['borrowed:/d']);
    const borrow = `mount --bind ${machine().mountpoint('borrowed')} /mnt && echo $$ && exec sleep 1000 >&- 2>&-`;
    const borrower = await namespace.run('sh', '-c', `unshare --mount sh -c '${borrow}' &`);
    // The look before a teardown may be a second old.
    await sleep(1_100);
    await docker('rm', '--force', 'user');
    const refused = await engine.tryDocker('volume', 'rm', 'borrowed');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(borrower.stdout.trim());
    process.kill(Number(borrower.stdout), 'SIGKILL');
    await machine().eventually(
      'it can be removed',
      async () => (await engine.tryDocker('volume', 'rm', 'borrowed')).exitCode === 0,
    );
  });
});
