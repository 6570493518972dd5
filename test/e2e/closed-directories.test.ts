import { chmod, chown, stat } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { builtDaemon } from '../lab/built-daemon.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

describeWith(realEngine, 'other users of the host', () => {
  const machine = useMachine({ ledger: 'on-disk' });
  const asNobody = (...words: readonly string[]) =>
    machine().namespace.run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...words);
  const modeOf = async (path: string) =>
    ((await stat(`${machine().folder}/${path}`)).mode & 0o7777).toString(8);

  test.each([
    ['directory', []],
    ['image', ['size=32MiB']],
  ] as const)('reach nothing in a volume (%s), which containers of any user have', async (kind, options) => {
    await createVolume(machine(), kind, ...options);
    await startContainer(machine(), 'user', [`${kind}:/d`], '--user=1000');
    await inContainer(
      machine(),
      [`${kind}:/d`],
      'echo secret > /d/file; cp /bin/busybox /d/suid; chmod 4755 /d/suid',
    );
    expect(await machine().docker('exec', 'user', 'cat', '/d/file')).toBe('secret');
    for (const path of [machine().mountpoint(kind), `${machine().folder}/volumes/${kind}`]) {
      for (const words of [
        ['cat', `${path}/file`],
        ['ls', path],
        [`${path}/suid`, 'id'],
      ]) {
        const tried = await asNobody(...words);
        expect([words, tried.stdout]).toEqual([words, '']);
        expect(tried.exitCode).not.toBe(0);
      }
    }
    await machine().docker('rm', '--force', 'user');
    await isReleased(machine(), kind);
  });

  test('lose access to directories that an earlier Holdfast left open, and the log says so', async () => {
    const { holdfast, folder } = machine();
    await createVolume(machine(), 'before');
    await holdfast.stop();
    const opened = { state: 0o755, run: 0o755, mounts: 0o755, volumes: 0o711, 'state/holdfast': 0o755 };
    for (const [path, mode] of Object.entries(opened)) await chmod(`${folder}/${path}`, mode);
    await holdfast.start();
    await inContainer(machine(), ['before:/d'], 'touch /d/file');
    // The first access after the start closes the root.
    await machine().eventually('the root is closed', async () => (await modeOf('volumes')) === '700');
    const log = await holdfast.service.log();
    for (const [path, mode] of Object.entries(opened)) {
      expect([path, await modeOf(path)]).toEqual([path, '700']);
      const line = `"event":"directory-narrowed","path":"${folder}/${path}","mode":"0${mode.toString(8)}"`;
      expect(log).toContain(line);
    }
  });

  test.each(['state', 'run'])(
    'who own the %s directory, or may write to it, prevent the daemon from starting',
    async (name) => {
      const { holdfast, folder, namespace } = machine();
      const path = `${folder}/${name}`;
      const program = await builtDaemon();
      await holdfast.stop();
      const serve = async () => {
        const tried = await namespace.run(
          'timeout',
          '20',
          process.execPath,
          program,
          'serve',
          '--config',
          `${folder}/config.yaml`,
        );
        return `${tried.exitCode} ${tried.stderr}`;
      };
      try {
        await chown(path, 1000, 1000);
        expect(await serve()).toMatch(
          new RegExp(`^1 .*${path} belongs to user 1000.*chown root: ${path}`, 's'),
        );
        await chown(path, 0, 0);
        await chmod(path, 0o777);
        expect(await serve()).toMatch(/^1 .*others can write to it.*chmod go-w /s);
      } finally {
        await chown(path, 0, 0);
        await chmod(path, 0o700);
        await holdfast.start();
      }
    },
  );

  test('of a container cannot use setuid files, devices or programs in a volume with these options', async () => {
    const { holdfast } = machine();
    const flagsIn = async (volume: string) => {
      const line = await inContainer(machine(), [`${volume}:/d`], "grep ' /d ' /proc/self/mountinfo");
      const options = line.split(' ')[5]?.split(',') ?? [];
      return ['nosuid', 'nodev', 'noexec'].filter((flag) => options.includes(flag));
    };
    for (const [name, options, flags] of [
      ['plain', [], []],
      ['strict', ['nosuid=true'], ['nosuid']],
      ['strict-image', ['nosuid=true', 'nodev=true', 'size=32MiB'], ['nosuid', 'nodev']],
      ['programs', ['noexec=true'], ['noexec']],
    ] as const) {
      await createVolume(machine(), name, ...options);
      expect([name, await flagsIn(name)]).toEqual([name, flags]);
    }
    const run = (volume: string) =>
      inContainer(machine(), [`${volume}:/d`], 'cp /bin/busybox /d/busybox; /d/busybox echo ran');
    expect(await run('plain')).toBe('ran');
    await expect(run('programs')).rejects.toThrow(/permission denied/i);
    await startContainer(machine(), 'user', ['strict:/d']);
    await holdfast.kill();
    await holdfast.start();
    expect(await flagsIn('strict')).toEqual(['nosuid']);
    await machine().docker('rm', '--force', 'user');
    for (const name of ['plain', 'strict', 'strict-image', 'programs']) await isReleased(machine(), name);
  });
});
