import { describe, expect, test } from '@jest/globals';
import { lastErrorIn } from '../../src/cli/why-down.ts';
import { textLine } from '../../src/telemetry/log-line.ts';
import { runHere } from './in-process.ts';

const error = {
  time: new Date(),
  level: 'error',
  event: 'driver-failed',
  fields: { error: 'no disk' },
} as const;

describe('the last error of a log', () => {
  test.each<[string, string, string | undefined]>([
    [
      'in JSON',
      '{"level":"error","event":"a","error":{"message":"no disk"}}\n{"level":"info","event":"stop"}\n',
      'a: no disk',
    ],
    ['in text', `${textLine(error, 'plain')}\n12:00:00.000 info  stop`, 'driver-failed error="no disk"'],
    ['of a start that failed', 'holdfast: config.yaml:1:1: unknown key\n', 'config.yaml:1:1: unknown key'],
    ['of one with --json', '{"error":{"code":"invalid","message":"unknown key"}}', 'unknown key'],
    ['the newest one', 'holdfast: first\nholdfast: second\n', 'second'],
    ['among lines that are cut off', '{"level":"err\nholdfast: x\n{"error', 'x'],
    ['where there is none', 'Started holdfast.service.\n{"level":"warn","event":"x"}\n[]\n', undefined],
    ['of an empty journal', '', undefined],
  ])('%s', (_, log, found) => {
    expect(lastErrorIn(log)).toBe(found);
  });
});

describe('a command whose daemon is down', () => {
  test('says which socket was tried, how to start it, and what its last error was', async () => {
    const whyDown = async () => ({
      start: 'systemctl start holdfast',
      lastError: 'no disk\u001b[2J token=hunter2',
    });
    const { code, out, err } = await runHere(['volume', 'ls'], { whyDown });
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(
      'holdfast: No daemon answers on /nonexistent/admin.sock: start it with `systemctl start holdfast`, or name its socket with --socket. ' +
        'Its last error in the journal: no disk\\u001b[2J token=[redacted]\n',
    );
  });

  test('without a service says how to run it', async () => {
    expect((await runHere(['volume', 'ls'])).err).toContain('start it with `holdfast serve`');
  });

  test('does not look at the journal for a Tab in a shell', async () => {
    let looks = 0;
    const whyDown = async () => {
      looks += 1;
      return {};
    };
    await runHere(['__complete', 'bash', '--', 'holdfast volume rm ', ''], { whyDown });
    expect(looks).toBe(0);
  });
});
