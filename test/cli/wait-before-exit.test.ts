import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { waitBeforeExit } from '../../src/cli/wait-before-exit.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { describeWith } from '../lab/requirements.ts';

describe('the wait before the exit', () => {
  test('ends with the signal of an engine that has given up', async () => {
    const source = new EventEmitter();
    const waiting = waitBeforeExit(source, 60_000);
    source.emit('SIGTERM');
    await waiting;
  });

  test('ends by itself, so that an engine can retry', async () => {
    await waitBeforeExit(new EventEmitter(), 1);
  });
});

describeWith({ root: true }, 'a managed plugin with wrong settings', () => {
  test('gives the reason, and does not exit before the signal', async () => {
    const env = { PATH: process.env.PATH, HOLDFAST_MANAGED_PLUGIN: 'true', BACKEND: 'efs' };
    const program = [await builtDaemon(), 'serve', '--json'];
    const child = spawn(process.execPath, program, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'exit');
    const [said] = await once(child.stderr, 'data');
    expect(JSON.parse(String(said))).toMatchObject({
      error: { code: 'invalid', message: expect.stringContaining('environment variable BACKEND') },
    });
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await ended).not.toEqual([0, null]);
  });
});
