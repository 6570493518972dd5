import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { type LoneDaemon, prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment } from '../lab/run.ts';

interface Started {
  readonly child: ChildProcess;
  err(): string;
}

let folder = '';
let daemon: LoneDaemon;
let started: Started[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-two-'));
  daemon = await prepareDaemon(folder);
});
afterEach(async () => {
  await Promise.all(started.map(kill));
  await rm(folder, { recursive: true, force: true });
});

/** Each in its own mount namespace, like two containers with the same state. */
function start(): Started {
  const child = spawn('unshare', [...alone, ...daemon.words], { env: environment() });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return { child, err: () => err };
}

const runs = ({ child }: Started) => child.exitCode === null && child.signalCode === null;

async function kill(one: Started): Promise<void> {
  if (!runs(one)) return;
  const ended = once(one.child, 'exit');
  one.child.kill('SIGKILL');
  await ended;
}

describeWith({ root: true, programs: ['unshare'] }, 'two daemons on one state', () => {
  test('that start at the same time after a kill: one serves, and the other is refused, in 30 rounds', async () => {
    for (let round = 0; round < 30; round += 1) {
      started = [start(), start()];
      await eventually('one of them is refused', async () => !started.every(runs));
      const [refused, serving] = started.every((one) => !runs(one))
        ? []
        : started.sort((a) => (runs(a) ? 1 : -1));
      expect(refused?.child.exitCode).toBe(1);
      expect(refused?.err()).toMatch(/Another process answers on .*daemon\.lock/);
      await eventually('the other serves', async () => existsSync(daemon.socket) && (await lists()));
      expect(serving && runs(serving)).toBe(true);
      await Promise.all(started.map(kill));
    }
  });
});

async function lists(): Promise<boolean> {
  const signal = AbortSignal.timeout(2_000);
  return (await callPlugin(daemon.socket, 'VolumeDriver.List', undefined, { signal })).status === 200;
}
