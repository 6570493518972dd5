import { mkdir, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { busybox } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, inspect, plain, startContainer } from './containers.ts';
import { realEngine, useMachine, words } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

describeWith(realEngine, 'a volume on a real engine', () => {
  const machine = useMachine();

  test('keeps the data of one container for the next one', async () => {
    await createVolume(machine(), 'kept');
    await inContainer(machine(), ['kept:/d'], 'echo bytes > /d/file');
    await isReleased(machine(), 'kept');
    expect(await inContainer(machine(), ['kept:/d'], 'cat /d/file')).toBe('bytes');
  });

  test('is listed, inspected and removed', async () => {
    const { docker } = machine();
    await createVolume(machine(), 'seen', 'mode=0750');
    expect(await docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}')).toBe('holdfast seen');
    const shown = JSON.parse(await docker('volume', 'inspect', 'seen'));
    expect(shown).toMatchObject([
      { Name: 'seen', Driver: 'holdfast', Scope: 'local', Options: { mode: '0750' } },
    ]);
    expect(shown[0].Mountpoint).toBe('');
    await docker('volume', 'rm', 'seen');
    expect(await docker('volume', 'ls', '--quiet')).toBe('');
    expect((await machine().engine.tryDocker('volume', 'inspect', 'seen')).stderr).toMatch(/no such volume/i);
  });

  test('shows its mountpoint on the host while a container uses it', async () => {
    await startContainer(machine(), 'user', ['shown:/d'], '--volume-driver=holdfast');
    const mountpoint = await machine().docker('volume', 'inspect', '--format', '{{.Mountpoint}}', 'shown');
    expect(mountpoint).toBe(machine().mountpoint('shown'));
    expect(await machine().isMounted('shown')).toBe(true);
  });

  test('accepts the options and labels of a compose file', async () => {
    const labels = ['com.docker.compose.project=shop', 'com.docker.compose.volume=db'];
    const flags = labels.flatMap((label) => ['--label', label]);
    const options = ['size=32MiB', 'uid=1000', 'gid=2000', 'mode=0700'].flatMap((option) => ['-o', option]);
    await machine().docker('volume', 'create', '--driver=holdfast', ...flags, ...options, 'shop_db');
    const owner = await inContainer(machine(), ['shop_db:/d'], "stat -c '%u %g %a' /d");
    expect(owner).toBe('1000 2000 700');
    const size = await inContainer(machine(), ['shop_db:/d'], 'df -k /d');
    const kibibytes = Number(words(size).at(-5));
    expect(kibibytes).toBeGreaterThan(20 * 1024);
    expect(kibibytes).toBeLessThanOrEqual(32 * 1024);
  });

  test("accepts the options of Docker's own local driver, or refuses them and says what to use", async () => {
    const create = async (name: string, ...options: readonly string[]) => {
      const flags = options.flatMap((option) => ['-o', option]);
      return (await machine().engine.tryDocker('volume', 'create', '--driver=holdfast', ...flags, name))
        .stderr;
    };
    expect(await create('listed', 'o=rw,defaults,uid=1000')).toBe('');
    expect(await inContainer(machine(), ['listed:/d'], "stat -c '%u' /d")).toBe('1000');
    expect(await create('bound', 'type=none', 'o=bind', 'device=/srv/data')).toMatch(
      /its path \/srv\/data is not below one of the driver's allowedRoots.*config\.yaml/,
    );
    expect(await create('memory', 'type=tmpfs', 'device=tmpfs')).toMatch(/give the container a tmpfs/);
    expect(await create('yaml', 'mode=511')).toMatch(/write the mode in quotes, as "0777"/);
    expect(await machine().docker('volume', 'ls', '--quiet')).toBe('listed');
  });

  test('is shared by two containers at once, and released after the last one', async () => {
    const { docker } = machine();
    await createVolume(machine(), 'shared');
    await startContainer(machine(), 'one', ['shared:/d']);
    await startContainer(machine(), 'two', ['shared:/elsewhere']);
    await docker('exec', 'one', 'sh', '-c', 'echo hello > /d/from-one');
    expect(await docker('exec', 'two', 'cat', '/elsewhere/from-one')).toBe('hello');
    await docker('stop', 'one');
    await docker('exec', 'two', 'sh', '-c', 'echo still here > /elsewhere/from-two');
    expect(await machine().isMounted('shared')).toBe(true);
    await docker('stop', 'two');
    await isReleased(machine(), 'shared');
    expect(await inContainer(machine(), ['shared:/d'], 'cat /d/*')).toBe('hello\nstill here');
  });

  test('can be mounted at two places of one container', async () => {
    await createVolume(machine(), 'twice');
    const script = 'echo seen > /a/file; cat /b/file';
    expect(await inContainer(machine(), ['twice:/a', 'twice:/b'], script)).toBe('seen');
    await isReleased(machine(), 'twice');
  });

  test('without a name is removed with its container', async () => {
    const { docker } = machine();
    const anonymous = ['run', '--rm', ...plain, '--volume-driver=holdfast', '-v', '/d', busybox];
    const device = await docker(
      ...anonymous,
      'sh',
      '-c',
      'echo x > /d/file; grep " /d " /proc/self/mountinfo',
    );
    expect(device).toContain(`${basename(machine().folder)}/volumes/`);
    await machine().eventually('it is removed', async () => (await docker('volume', 'ls', '--quiet')) === '');
  });

  test('used as read-only refuses writes only of this container', async () => {
    const { docker, engine } = machine();
    await createVolume(machine(), 'guarded');
    await inContainer(machine(), ['guarded:/d'], 'echo text > /d/file');
    await startContainer(machine(), 'reader', ['guarded:/d:ro']);
    expect(await docker('exec', 'reader', 'cat', '/d/file')).toBe('text');
    const refused = await engine.tryDocker('exec', 'reader', 'touch', '/d/new');
    expect(refused.stderr).toContain('Read-only file system');
    await inContainer(machine(), ['guarded:/d'], 'touch /d/new');
  });

  test('created as read-only refuses writes to every container', async () => {
    const given = `${machine().folder}/given/books`;
    await mkdir(given);
    await writeFile(`${given}/page`, 'read me\n');
    await createVolume(machine(), 'books', `path=${given}`, 'readOnly=true');
    await startContainer(machine(), 'reader', ['books:/d']);
    expect(await machine().docker('exec', 'reader', 'cat', '/d/page')).toBe('read me');
    const refused = await machine().engine.tryDocker('exec', 'reader', 'touch', '/d/new');
    expect(refused.stderr).toContain('Read-only file system');
  });

  test('created again with the same options is the same volume', async () => {
    await createVolume(machine(), 'again', 'mode=0700');
    await inContainer(machine(), ['again:/d'], 'echo kept > /d/file');
    await createVolume(machine(), 'again', 'mode=0700');
    expect(await inContainer(machine(), ['again:/d'], 'cat /d/file')).toBe('kept');
  });

  test('with an unknown option is refused and leaves nothing, and the message names the option', async () => {
    const refused = await machine().engine.tryDocker(
      ...['volume', 'create', '--driver=holdfast', '-o', 'sise=1GiB', 'mistyped'],
    );
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain('sise');
    expect(await machine().docker('volume', 'ls', '--quiet')).toBe('');
  });

  test('is released when the container cannot start', async () => {
    await createVolume(machine(), 'unlucky');
    const mount = ['-v', 'unlucky:/d'];
    const failed = await machine().engine.tryDocker(
      'run',
      '--name',
      'broken',
      ...plain,
      ...mount,
      busybox,
      'nope',
    );
    expect(failed.exitCode).not.toBe(0);
    expect(await inspect(machine(), 'broken', '.State.Running')).toBe('false');
    await isReleased(machine(), 'unlucky');
  });
});
