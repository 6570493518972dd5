import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { output } from '../lab/run.ts';

const suite = resolve('test/core/redact.test.ts');
let folder = '';
const file = () => join(folder, 'results.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-results-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const results = (program: string) => output(process.execPath, ['.ci/results.mjs', program, file()]);

function assertion(fullName: string, status: string, message = '') {
  const failureMessages = message === '' ? [] : [message];
  return { fullName, title: fullName, status, failureMessages, duration: 1 };
}

function write(assertionResults: readonly object[], more: object = {}): void {
  const one = { name: suite, status: 'failed', message: '', startTime: 0, endTime: 2000, assertionResults };
  writeFileSync(file(), JSON.stringify({ testResults: [{ ...one, ...more }] }));
}

test('a failed test that passes alone is unsteady, and one that fails again has failed', async () => {
  const unsteady = 'secrets in a string never come out, with anything around them';
  write([
    assertion('another', 'passed'),
    assertion(unsteady, 'failed', '\u001b[31mTimeout\u001b[39m\n  at a\n\n  at b'),
    assertion('what does not exist (any more)', 'failed', 'Wrong'),
  ]);
  expect(await results('count')).toBe('1 2 0 0');
  expect(await results('again')).toContain(`Again, alone: test/core/redact.test.ts: ${unsteady}; what does`);
  expect(await results('count')).toBe('2 1 0 1');
  expect(await results('failures')).toBe(
    `UNSTEADY (failed, then passed alone) test/core/redact.test.ts: ${unsteady}: Timeout | at a | at b\n` +
      'FAILED test/core/redact.test.ts: what does not exist (any more): Wrong',
  );
});

test('a suite whose only failure passes alone has not failed', async () => {
  write([
    assertion('another', 'passed'),
    assertion('secrets in a string are found quickly in any string', 'failed', 'Late'),
  ]);
  await results('again');
  expect(await results('count')).toBe('2 0 0 1');
  expect(await results('failures')).toMatch(/^UNSTEADY [^\n]*: Late$/);
});

test('many failures are not tried again', async () => {
  write(
    Array.from({ length: 7 }, () =>
      assertion('secrets in a string are found quickly in any string', 'failed', 'Wrong'),
    ),
  );
  expect(await results('again')).toBe('');
  expect(await results('count')).toBe('0 7 0 0');
});

test('a suite that could not be loaded has failed, also after its tests passed', async () => {
  write([assertion('another', 'passed'), assertion('left out', 'pending')], { message: 'Cannot find x' });
  expect(await results('again')).toBe('');
  expect(await results('count')).toBe('1 1 1 0');
  expect(await results('failures')).toBe('FAILED test/core/redact.test.ts: Cannot find x');
});

test('the slowest files are named', async () => {
  write([assertion('another', 'passed')]);
  expect(await results('slowest')).toContain('    2 test/core/redact.test.ts');
});
