import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { type NotifySocket, openNotifySocket } from '../lab/notify-socket.ts';
import { describeWith } from '../lab/requirements.ts';
import { run } from '../lab/run.ts';

let folder = '';
let manager: NotifySocket;
let daemon: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-notified-'));
  manager = await openNotifySocket(join(folder, 'notify.sock'));
});
afterEach(async () => {
  if (daemon?.exitCode === null) daemon.kill('SIGKILL');
  await manager.close();
  // A bare mountpoint is immutable.
  await run('chattr', ['-R', '-f', '-i', join(folder, 'mnt')]);
  await rm(folder, { recursive: true, force: true });
});

const beats = () => manager.told().filter((told) => told === 'WATCHDOG=1').length;

describeWith(
  { root: true, programs: ['unshare', 'perl', 'chattr'] },
  'under a service manager that listens',
  () => {
    test('the daemon reports that it is ready, alive while its event loop runs, its status, and that it stops', async () => {
      const { words, socket } = await prepareDaemon(folder);
      const env = { NOTIFY_SOCKET: join(folder, 'notify.sock'), WATCHDOG_USEC: '400000' };
      // Because of `exec`, the daemon's PID is that of the process that the manager started.
      const child = spawn('unshare', [...alone, ...words], { env: { PATH: process.env.PATH, ...env } });
      daemon = child;
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await eventually('it is ready', async () => manager.told().length > 0);
      expect(manager.told()[0]).toMatch(/^READY=1;STATUS=[01] of 1 drivers ready; 0 volumes mounted/);
      expect((await callPlugin(socket, 'Plugin.Activate')).status).toBe(200);

      await eventually('it beats', async () => beats() >= 3);
      child.kill('SIGSTOP');
      const stopped = beats();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(beats()).toBeLessThanOrEqual(stopped + 1);
      child.kill('SIGCONT');
      await eventually('it beats again', async () => beats() > stopped + 1);

      await callPlugin(socket, 'VolumeDriver.Create', { Name: 'db' });
      await callPlugin(socket, 'VolumeDriver.Mount', { Name: 'db', ID: 'a' });
      await eventually('the status has the mount', async () =>
        manager.told().includes('STATUS=1 of 1 drivers ready; 1 volume mounted'),
      );
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(
        manager
          .told()
          .filter((told) => told !== 'WATCHDOG=1')
          .at(-1),
      ).toMatch(/^STOPPING=1;/);
    });
  },
);
