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

  test('is refused by the engine, by name, for its own container', async () => {
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

  test('is refused with the names of the containers, running or stopped, and an engine that hangs delays nothing', async () => {
    const { docker, engine, holdfast, namespace, folder } = machine();
    await namespace.run('ln', '-sf', `${folder}/docker.sock`, '/run/docker.sock');
    await createVolume(machine(), 'db');
    const running = await startContainer(machine(), 'web', ['db:/data']);
    await docker('create', '--name', 'old', ...plain, '-v', 'db:/d', busybox, 'true');
    const { usedBy, notes } = JSON.parse(await holdfast.command('volume', 'inspect', 'db', '--json'));
    expect(usedBy).toEqual([
      expect.objectContaining({
        kind: 'container',
        engine: 'Docker',
        name: 'web',
        id: running,
        state: 'running',
        mountpoint: '/data',
        pid: expect.any(Number),
      }),
      expect.objectContaining({ engine: 'Docker', name: 'old', state: 'created', mountpoint: '/d' }),
    ]);
    expect(notes).toBeUndefined();
    const refused = await holdfast.tryCommand('volume', 'rm', 'db');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`container web of Docker (running, ${running.slice(0, 12)}) at /data`);
    expect(refused.stderr).toContain('container old of Docker (created, ');

    const pid = engine.service.pid();
    if (pid === undefined) throw new Error('The engine does not run.');
    process.kill(pid, 'SIGSTOP');
    try {
      const began = performance.now();
      const hung = JSON.parse(await holdfast.command('volume', 'inspect', 'db', '--json'));
      expect(performance.now() - began).toBeLessThan(8_000);
      expect(hung.usedBy).toEqual([expect.objectContaining({ kind: 'container', id: running })]);
      expect(hung.notes).toEqual([expect.stringContaining('It is unknown which containers of Docker')]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }

    await docker('rm', '--force', 'web');
    await isReleased(machine(), 'db');
    const removed = await holdfast.tryCommand('volume', 'rm', 'db');
    expect(removed.exitCode).toBe(0);
    expect(removed.stderr).toContain('container old of Docker (created, ');
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

  test('is refused while a process in another mount namespace has it, and the error names the process', async () => {
    const { docker, engine, namespace } = machine();
    await createVolume(machine(), 'borrowed');
    await startContainer(machine(), 'user', ['borrowed:/d']);
    const borrow = `mount --bind ${machine().mountpoint('borrowed')} /mnt && echo $$ && exec sleep 1000 >&- 2>&-`;
    const borrower = await namespace.run('sh', '-c', `unshare --mount sh -c '${borrow}' &`);
    // An unmount may use a look that is up to one second old.
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

  test('frees the name for the engine, and undelete warns if the engine has used it', async () => {
    const { docker, engine, holdfast, namespace, folder } = machine();
    await namespace.run('ln', '-sf', `${folder}/docker.sock`, '/run/docker.sock');
    await createVolume(machine(), 'taken');
    await inContainer(machine(), ['taken:/d'], 'echo ours > /d/file');
    await docker('volume', 'rm', 'taken');
    const mounted = await holdfast.call('VolumeDriver.Mount', { Name: 'taken', ID: 'late' });
    expect(JSON.parse(mounted.body).Err).toContain('`holdfast volume undelete taken --driver holdfast`');
    expect(JSON.parse((await holdfast.call('VolumeDriver.Get', { Name: 'taken' })).body)).toEqual(
      JSON.parse(mounted.body),
    );

    expect(await inContainer(machine(), ['taken:/d'], 'ls /d')).toBe('');
    expect(await docker('volume', 'inspect', '--format', '{{.Driver}}', 'taken')).toBe('local');
    const { exitCode, stderr } = await holdfast.tryCommand('volume', 'undelete', 'taken');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Docker has its own volume taken (driver `local`)');
    await docker('volume', 'rm', 'taken');
    expect(await inContainer(machine(), ['taken:/d'], 'cat /d/file')).toBe('ours');

    await docker('volume', 'rm', 'taken');
    const again = await holdfast.tryCommand('volume', 'undelete', 'taken');
    expect({ ...again, stdout: '' }).toMatchObject({ exitCode: 0, stderr: '' });
    await engine.tryDocker('volume', 'rm', 'taken');
  });

  test('escapes control characters in the name of a process', async () => {
    const { docker, engine, namespace, holdfast } = machine();
    await createVolume(machine(), 'named');
    await startContainer(machine(), 'user', ['named:/d']);
    // The name clears the screen, has a C1 character, and reverses the text direction. The shell stops itself, so that no child
    // is shown in its place.
    const name = String.raw`\033[2J\302\2332J\342\200\256`;
    const borrow = `mount --bind ${machine().mountpoint('named')} /mnt && printf "${name}" > /proc/self/comm && echo $$ && exec >&- 2>&- && kill -STOP $$`;
    const borrower = await namespace.run('sh', '-c', `unshare --mount sh -c '${borrow}' &`);
    const pid = borrower.stdout.trim();
    try {
      await sleep(1_100);
      await docker('rm', '--force', 'user');
      for (const refused of [
        await engine.tryDocker('volume', 'rm', 'named'),
        await holdfast.tryCommand('volume', 'rm', 'named'),
        await holdfast.tryCommand('volume', 'rm', 'named', '--json'),
      ]) {
        expect(refused.exitCode).not.toBe(0);
        expect(refused.stderr).toContain(pid);
        expect(refused.stderr).toMatch(/\\u001b\[2J/);
        expect(refused.stderr.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
    } finally {
      process.kill(Number(pid), 'SIGKILL');
    }
    await machine().eventually(
      'it can be removed',
      async () => (await engine.tryDocker('volume', 'rm', 'named')).exitCode === 0,
    );
  });
});
