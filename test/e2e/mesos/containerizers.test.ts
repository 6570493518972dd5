import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { mountpoints } from '../../lab/kernel-view.ts';
import { entering } from '../../lab/namespace.ts';
import { describeWith } from '../../lab/requirements.ts';
import type { Finished } from '../../lab/run.ts';
import { environment } from '../../lab/run.ts';
import { startWriter } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';

describeWith(realEngine, 'tasks of a Mesos agent', () => {
  let program = '';
  let task: ChildProcess | undefined;
  // Runs before the machine checks for leftovers.
  afterEach(endTask);
  const machine = useMachine();
  beforeAll(async () => {
    program = join(dirname(await builtDaemon()), 'dvdcli/main.js');
  });

  const words = (verb: string, name: string) => [
    program,
    verb,
    '--volumedriver=holdfast',
    `--volumename=${name}`,
  ];
  const dvdcli = (verb: string, name: string): Promise<Finished> =>
    machine().namespace.run(process.execPath, ...words(verb, name));
  const mounted = (name: string): Finished => ({
    exitCode: 0,
    stdout: `${machine().mountpoint(name)}\n`,
    stderr: '',
  });
  const unmounted: Finished = { exitCode: 0, stdout: '', stderr: '' };

  /** Runs a script like a container of the Mesos containerizer: in a copy of the host's mount table, `/` made rslave. */
  async function startTask(script: string, ...args: readonly string[]): Promise<void> {
    const shell = ['sh', '-c', `${script} && echo ready && exec sleep 1000`, ...args];
    const inside = ['--mount', '--propagation', 'slave', ...shell];
    task = spawn('nsenter', entering(machine().namespace.pid(), 'unshare', inside), {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment(),
    });
    if (task.stdout) await once(task.stdout, 'data');
  }

  async function endTask(): Promise<void> {
    const ending = task;
    task = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill('SIGKILL');
    await ended;
  }

  const inTask = () => mountpoints(`/proc/${task?.pid}/mountinfo`);

  test('an unrelated task that inherited the mount does not keep it busy, and loses its copy', async () => {
    expect(await dvdcli('mount', 'inherited')).toEqual(mounted('inherited'));
    await startTask('true');
    expect(await inTask()).toContain(machine().mountpoint('inherited'));
    expect(await dvdcli('unmount', 'inherited')).toEqual(unmounted);
    expect(await machine().isMounted('inherited')).toBe(false);
    expect(await inTask()).not.toContain(machine().mountpoint('inherited'));
    expect((await dvdcli('remove', 'inherited')).exitCode).toBe(0);
  });

  test('a task that still runs after its volume was unmounted keeps its data: nobody can remove it', async () => {
    const inside = `${machine().folder}/given/task`;
    await mkdir(inside);
    await dvdcli('mount', 'living');
    await startTask(
      'mount --bind "$0" "$1" && echo data > "$1/file"',
      machine().mountpoint('living'),
      inside,
    );
    expect(await dvdcli('unmount', 'living')).toEqual(unmounted);
    expect(await inTask()).toContain(inside);
    expect(await dvdcli('remove', 'living')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('sleep'),
    });
    await endTask();
    expect(await dvdcli('remove', 'living')).toEqual(unmounted);
    expect(await machine().isMounted('living')).toBe(false);
  });

  test('and a Docker container share one volume, in any order of ending', async () => {
    await createVolume(machine(), 'both');
    expect(await dvdcli('mount', 'both')).toEqual(mounted('both'));
    const writer = await startWriter(machine(), 'writer', 'both');
    expect(await dvdcli('unmount', 'both')).toEqual(unmounted);
    await writer.writesOn();
    expect(await machine().isMounted('both')).toBe(true);
    expect(await dvdcli('mount', 'both')).toEqual(mounted('both'));
    await machine().docker('rm', '--force', 'writer');
    expect(await machine().isMounted('both')).toBe(true);
    expect(await dvdcli('unmount', 'both')).toEqual(unmounted);
    await isReleased(machine(), 'both');
  });

  test('leave nothing if their mount is killed at any moment and the agent unmounts', async () => {
    const ends = new Set<number>();
    for (let round = 0; round < 12; round += 1) {
      const seconds = String(0.02 + round * 0.02);
      const mount = [process.execPath, ...words('mount', 'killed'), '--volumeopts=size=16MiB'];
      const ended = await machine().namespace.run(
        'sh',
        '-c',
        'timeout -s KILL "$@"',
        'sh',
        seconds,
        ...mount,
      );
      ends.add(ended.exitCode);
      expect(await dvdcli('unmount', 'killed')).toEqual(unmounted);
      await isReleased(machine(), 'killed');
      await dvdcli('remove', 'killed');
    }
    expect(ends).toContain(137);
  });

  test('need no Docker, and wait for Holdfast to start', async () => {
    const { engine, holdfast } = machine();
    await engine.stop();
    await holdfast.stop();
    const mounting = dvdcli('mount', 'early');
    await sleep(1_000);
    await holdfast.start();
    expect(await mounting).toEqual(mounted('early'));
    await holdfast.kill();
    const unmounting = dvdcli('unmount', 'early');
    await sleep(500);
    await holdfast.start();
    expect(await unmounting).toEqual(unmounted);
    await isReleased(machine(), 'early');
    await dvdcli('remove', 'early');
  });
});
