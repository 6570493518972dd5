import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hangUp, ignoredSignals, stopSignals } from '../../src/cli/signals.ts';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';

let folder = '';
/** `script`, the other end of the terminal: it types its input, and its output is what was on the screen. */
let terminal: ChildProcessWithoutNullStreams;
let pid = 0;
let socket = '';
let screen = '';
let code: number | null | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-terminal-'));
  const daemon = await prepareDaemon(folder);
  socket = daemon.socket;
  const command = `echo $$ > ${folder}/pid; exec ${daemon.words.join(' ')}`;
  const env = { ...process.env, NO_COLOR: '1' };
  terminal = spawn('unshare', [...alone, 'script', '-qfec', command, '/dev/null'], { env });
  screen = '';
  code = undefined;
  terminal.stdout.on('data', (chunk) => {
    screen += chunk;
  });
  terminal.once('exit', (exitCode) => {
    code = exitCode;
  });
  await eventually('it serves', async () => screen.includes('Ctrl-C stops Holdfast'), {
    evidence: async () => screen,
  });
  pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
});
afterEach(async () => {
  if (existsSync(`/proc/${pid}/fd`)) process.kill(pid, 'SIGKILL');
  await eventually('the terminal is gone', async () => code !== undefined);
  await rm(folder, { recursive: true, force: true });
});

const ended = () => eventually('it ended', async () => code !== undefined);

async function callsAreAnswered(): Promise<void> {
  for (let index = 0; index < 50; index += 1) {
    const signal = AbortSignal.timeout(100_000);
    const body = { Name: `v${index}` };
    expect((await callPlugin(socket, 'VolumeDriver.Create', body, { signal })).json).toEqual({});
  }
}

describeWith({ root: true, programs: ['unshare', 'script'] }, 'holdfast serve on a terminal', () => {
  test('answers and stops while Ctrl-S holds the terminal', async () => {
    terminal.stdin.write('\u0013');
    await sleep(200);
    await callsAreAnswered();
    expect(screen).not.toContain('VolumeDriver.Create');
    process.kill(pid, 'SIGTERM');
    // A clean stop removes the socket. `script` itself may still wait for its terminal.
    await eventually(
      'it stopped in order',
      async () => !existsSync(socket) && !existsSync(`/proc/${pid}/fd/0`),
    );
  });

  test('shows the log of the meantime after Ctrl-Q', async () => {
    terminal.stdin.write('\u0013');
    await sleep(200);
    await callsAreAnswered();
    terminal.stdin.write('\u0011');
    await eventually('the lines are there', async () => screen.includes('volume=v49'));
    expect(screen.match(/VolumeDriver\.Create/g)).toHaveLength(50);
    process.kill(pid, 'SIGTERM');
    await ended();
    expect(code).toBe(0);
  });

  test.each([...ignoredSignals])('keeps running after %s, logs it, and opens no debugger', async (signal) => {
    process.kill(pid, signal);
    await eventually('it is logged', async () => screen.includes(`signal=${signal}`));
    await callsAreAnswered();
    expect(screen).not.toContain('Debugger listening');
  });

  test.each([...stopSignals, hangUp])('stops cleanly after %s', async (signal) => {
    process.kill(pid, signal);
    await ended();
    expect({ code, left: existsSync(socket) }).toEqual({ code: 0, left: false });
    expect(screen).toContain('stopped');
  });
});
