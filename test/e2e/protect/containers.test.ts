import { writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../../lab/requirements.ts';
import { startAppender } from '../appender.ts';
import { inContainer, startContainer } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';

const needs = { ...realEngine, programs: [...realEngine.programs, 'restic'] };

describeWith(needs, "a copy of a directory that Docker's containers use", () => {
  const machine = useMachine({
    more: (folder) => ({
      repositories: { nas: { url: `${folder}/repository`, passwordFile: `${folder}/password` } },
      backups: { nightly: { repository: 'nas', schedule: '0 3 * * *' } },
    }),
  });
  beforeAll(async () => {
    await writeFile(`${machine().folder}/password`, 'secret', { mode: 0o600 });
    await machine().holdfast.command('backup', 'init', 'nas');
  });
  const holdfast = (...words: readonly string[]) => machine().holdfast.command(...words);
  const isPaused = async (container: string) =>
    (await machine().docker('inspect', '--format', '{{.State.Paused}}', container)) === 'true';
  const createFiles = () => machine().docker('volume', 'create', '--driver', 'holdfast', 'files');
  /** What Docker tells it did with the container. */
  const acts = async (container: string) => {
    const filters = [
      '--filter',
      `container=${container}`,
      '--filter',
      'event=pause',
      '--filter',
      'event=unpause',
    ];
    const range = ['--since', '0', '--until', `${Math.floor(Date.now() / 1000) + 1}`];
    return (await machine().docker('events', ...range, ...filters, '--format', '{{.Action}}')).split('\n');
  };

  test('pauses them, and runs commands in one of them before and afterwards', async () => {
    await createFiles();
    const writer = await startAppender(machine(), 'writer', 'files');
    const refused = await machine().holdfast.tryCommand('snapshot', 'create', 'files@live');
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is in use by') });
    const around = ['--exec-before', 'echo flushed > /d/before', '--exec-after', 'echo again > /d/after'];
    await holdfast('snapshot', 'create', 'files@paused', '--pause', ...around);
    expect(await acts('writer')).toEqual(['pause', 'unpause']);
    expect(await isPaused('writer')).toBe(false);
    await writer.appendsOn();
    expect(await writer.failed()).toEqual([]);
    expect(await holdfast('snapshot', 'ls')).toMatch(/paused .*in use, paused/);
    await machine().docker('volume', 'create', '--driver', 'holdfast', '-o', 'from=files@paused', 'copy');
    expect(await inContainer(machine(), ['copy:/d'], 'cat /d/before; ls /d')).toBe('flushed\nbefore\nlines');
    expect(await inContainer(machine(), ['files:/d'], 'cat /d/after')).toBe('again');
    const failed = await machine().holdfast.tryCommand(
      ...['snapshot', 'create', 'files@never', '--pause', '--exec-before', 'echo no space >&2; exit 3'],
    );
    expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('exit code 3: no space') });
    expect(await holdfast('snapshot', 'ls')).not.toContain('never');
    await holdfast('snapshot', 'rm', 'files@paused');
  });

  test('leaves none paused if the daemon is killed meanwhile', async () => {
    await createFiles();
    await startContainer(machine(), 'holder', ['files:/d']);
    const many = 'i=0; while [ $i -lt 20000 ]; do : > /d/$i; i=$((i + 1)); done';
    await machine().docker('exec', 'holder', 'sh', '-c', many);
    const snapshot = machine().holdfast.tryCommand('snapshot', 'create', 'files@cut', '--pause');
    await machine().eventually('the container is paused', () => isPaused('holder'));
    await machine().holdfast.kill();
    expect((await snapshot).exitCode).toBe(1);
    expect(await isPaused('holder')).toBe(true);
    await machine().holdfast.start();
    await machine().eventually('it is not', async () => !(await isPaused('holder')));
    expect(await holdfast('snapshot', 'ls')).toContain('There are no snapshots.');
  });

  test('comes back by `docker volume create -o restore=`', async () => {
    await createFiles();
    await inContainer(machine(), ['files:/d'], 'echo kept > /d/note; chown 7:8 /d/note; mkfifo /d/pipe');
    await holdfast('backup', 'run', 'nightly');
    await machine().docker('volume', 'rm', 'files');
    await machine().docker('volume', 'create', '--driver', 'holdfast', '-o', 'restore=nas:files', 'back');
    const look = "cat /d/note; stat -c '%u:%g' /d/note; test -p /d/pipe && echo pipe";
    expect(await inContainer(machine(), ['back:/d'], look)).toBe('kept\n7:8\npipe');
    await expect(
      machine().docker('volume', 'create', '--driver', 'holdfast', '-o', 'restore=nas:other', 'none'),
    ).rejects.toThrow('other');
    expect(await machine().docker('volume', 'ls', '--quiet')).toBe('back');
  });
});
