import { describe, expect, test } from '@jest/globals';
import { lastErrorIn } from '../../src/doctor/last-error.ts';
import { textLine } from '../../src/telemetry/log-line.ts';

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
