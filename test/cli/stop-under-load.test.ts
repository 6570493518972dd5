import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { endOf } from '../lab/processes.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment, run } from '../lab/run.ts';
import { holdfast } from './run-cli.ts';

let folder = '';
let daemon: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-stopped-'));
});
afterEach(async () => {
  if (daemon?.exitCode === null) daemon.kill('SIGKILL');
  // A bare mountpoint is immutable.
  await run('chattr', ['-R', '-f', '-i', join(folder, 'mnt')]);
  await rm(folder, { recursive: true, force: true });
});

/** TimeoutStopSec of the unit. systemd kills the daemon after this time. */
const stopTimeout = 30_000;
const names = Array.from({ length: 40 }, (_, index) => `v${index}`);

describeWith(
  { root: true, programs: ['unshare', 'chattr'] },
  'SIGTERM while volumes are being mounted',
  () => {
    test.each([1, 10, 25])('finishes or undoes each call: %d answers before the signal', async (answers) => {
      const { words, socket } = await prepareDaemon(folder);
      const child = spawn('unshare', [...alone, ...words], { env: environment() });
      daemon = child;
      let log = '';
      child.stderr.on('data', (chunk) => {
        log += chunk;
      });
      await eventually('it serves', async () => existsSync(join(folder, 'admin.sock')));
      const created = await Promise.all(
        names.map((Name) => callPlugin(socket, 'VolumeDriver.Create', { Name })),
      );
      expect(created.filter(({ status }) => status !== 200)).toEqual([]);

      const mounted: string[] = [];
      const refused: string[] = [];
      let signalled = 0;
      const mount = async (Name: string): Promise<void> => {
        const answer = await callPlugin(socket, 'VolumeDriver.Mount', { Name, ID: `holder-${Name}` });
        if (answer.status !== 200) return void refused.push(answer.text);
        mounted.push(Name);
        if (mounted.length !== answers) return;
        child.kill('SIGTERM');
        signalled = performance.now();
      };
      await Promise.allSettled(names.map(mount));
      if (signalled === 0) throw new Error(`Only ${mounted.length} were mounted. ${refused.join(' ')}`);
      expect(await endOf(child, () => log)).toBe(0);
      expect(performance.now() - signalled).toBeLessThan(stopTimeout);

      // The daemon's mounts ended with its own mount namespace. The ledger lists what is still held.
      const recovery = await holdfast(['recover', '--dry-run', '--json', '--config', words.at(-1) ?? '']);
      const { drivers } = JSON.parse(recovery.out);
      const steps: readonly { readonly action: string; readonly volume: string }[] = drivers[0].steps;
      expect(steps.map(({ action, volume }) => `${action} ${volume}`).sort()).toEqual(
        mounted.map((name) => `restage ${name}`).sort(),
      );
    });
  },
);
