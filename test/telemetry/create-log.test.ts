import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { LogFormat } from '../../src/config/configuration.ts';
import type { LogLevel } from '../../src/core/log.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { createLog, type LogOutput } from '../../src/telemetry/create-log.ts';

function memory(): { readonly stream: Writable; lines(): string[] } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, lines: () => chunks.join('').split('\n').slice(0, -1) };
}

function logTo(
  level: LogLevel = 'info',
  format: LogFormat = 'json',
  output: Partial<LogOutput> = {},
): ReturnType<typeof createLog> & { lines(): string[] } {
  const { stream, lines } = memory();
  const log = createLog({ level, format }, { stream, isTerminal: false, noColor: false, ...output });
  return { ...log, lines };
}

describe('as JSON', () => {
  test('an event is one line with time, level, event and its fields', () => {
    const log = logTo();
    log.write('warn', 'mount', { volume: 'db', milliseconds: 3, holders: ['a', 'b'], none: undefined });
    const [line, ...more] = log.lines();
    expect(more).toEqual([]);
    const event: unknown = JSON.parse(line ?? '');
    expect(event).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'warn',
      event: 'mount',
      volume: 'db',
      milliseconds: 3,
      holders: ['a', 'b'],
    });
    expect(line).toMatch(/^\{"time":"[^"]+","level":"warn","event":"mount","volume"/);
  });

  test('fields cannot stand for time, level and event, and a new line stays in its text', () => {
    const log = logTo();
    log.write('info', 'mount', { level: 'error', event: 'x', time: 0, text: 'a\n{"level":"error"}' });
    expect(log.lines()).toHaveLength(1);
    expect(JSON.parse(log.lines()[0] ?? '')).toMatchObject({ level: 'info', event: 'mount' });
  });

  test('is what a stream that is no terminal gets by itself', () => {
    const log = logTo('info', 'auto');
    log.write('info', 'start');
    expect(log.lines()[0]).toMatch(/^\{/);
  });
});

describe('as text', () => {
  test('an event is a line for reading, coloured on a terminal', () => {
    const log = logTo('info', 'auto', { isTerminal: true });
    log.write('error', 'mount', { volume: 'db', why: 'no such server' });
    expect(log.lines()).toEqual([expect.stringContaining('\u001b[31merror\u001b[0m mount')]);
  });

  test.each<[string, Partial<LogOutput>]>([
    ['that is no terminal', {}],
    ['of somebody who wants no colours', { isTerminal: true, noColor: true }],
  ])('it is plain on a stream %s', (_, output) => {
    const log = logTo('info', 'text', output);
    log.write('info', 'mount', { volume: 'db', why: 'no such server', step: { a: 1 } });
    expect(log.lines()[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}mount volume=db why="no such server" step=\{"a":1\}$/,
    );
  });

  test('nothing that is logged can move the cursor or begin a line', () => {
    const log = logTo('info', 'text');
    log.write('info', 'mount', { 'a\u001b[2J': '\u001b[2J\nfake', b: 'x\u0000' });
    expect(log.lines()).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(log.lines()[0]).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('levels', () => {
  test('below the limit nothing is written, nor need it be built', () => {
    const log = logTo('warn');
    log.write('info', 'quiet');
    log.write('warn', 'loud');
    log.write('error', 'louder');
    expect(log.lines()).toHaveLength(2);
    expect(log.enabled('debug')).toBe(false);
    expect(log.enabled('info')).toBe(false);
    expect(log.enabled('warn')).toBe(true);
  });

  test('an error says where it comes from only to those who debug', () => {
    const error = new VolumeError('unavailable', 'the server does not answer', {
      cause: new Error('ECONNREFUSED'),
    });
    const quiet = logTo('info');
    const debug = logTo('debug');
    for (const log of [quiet, debug]) log.write('error', 'stage', { error });
    const logged = {
      message: 'the server does not answer',
      code: 'unavailable',
      cause: { message: 'ECONNREFUSED' },
    };
    expect(JSON.parse(quiet.lines()[0] ?? '').error).toEqual(logged);
    expect(JSON.parse(debug.lines()[0] ?? '').error).toMatchObject({ ...logged, stack: expect.any(String) });
  });
});

test('a stream that was closed is no reason to fail', async () => {
  const stream = new Writable({ write: (_, __, done) => done(new Error('EPIPE')) });
  const log = createLog({ level: 'info', format: 'json' }, { stream, isTerminal: false, noColor: false });
  for (let index = 0; index < 3; index += 1) {
    log.write('info', 'start');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(stream.destroyed).toBe(true);
});
