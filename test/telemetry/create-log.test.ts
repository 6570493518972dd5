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

  test('fields cannot override time, level and event, and a line break is escaped', () => {
    const log = logTo();
    log.write('info', 'mount', { level: 'error', event: 'x', time: 0, text: 'a\n{"level":"error"}' });
    expect(log.lines()).toHaveLength(1);
    expect(JSON.parse(log.lines()[0] ?? '')).toMatchObject({ level: 'info', event: 'mount' });
  });

  test('is the default if the stream is not a terminal', () => {
    const log = logTo('info', 'auto');
    log.write('info', 'start');
    expect(log.lines()[0]).toMatch(/^\{/);
  });
});

describe('as text', () => {
  test('an event is a readable line, coloured on a terminal', () => {
    const log = logTo('info', 'auto', { isTerminal: true });
    log.write('error', 'mount', { volume: 'db', why: 'no such server' });
    expect(log.lines()).toEqual([expect.stringContaining('\u001b[31merror\u001b[0m mount')]);
  });

  test.each<[string, Partial<LogOutput>]>([
    ['that is not a terminal', {}],
    ['with NO_COLOR', { isTerminal: true, noColor: true }],
  ])('it is plain on a stream %s', (_, output) => {
    const log = logTo('info', 'text', output);
    log.write('info', 'mount', { volume: 'db', why: 'no such server', step: { a: 1 } });
    expect(log.lines()[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}mount volume=db why="no such server" step=\{"a":1\}$/,
    );
  });

  test('control characters in fields are escaped', () => {
    const log = logTo('info', 'text');
    log.write('info', 'mount', { 'a\u001b[2J': '\u001b[2J\nfake', b: 'x\u0000' });
    expect(log.lines()).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the check is for control characters
    expect(log.lines()[0]).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('levels', () => {
  test('events below the limit are not written, and callers can skip building them', () => {
    const log = logTo('warn');
    log.write('info', 'quiet');
    log.write('warn', 'loud');
    log.write('error', 'louder');
    expect(log.lines()).toHaveLength(2);
    expect(log.enabled('debug')).toBe(false);
    expect(log.enabled('info')).toBe(false);
    expect(log.enabled('warn')).toBe(true);
  });

  test('stack traces are logged only at level debug', () => {
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

test('a closed stream causes no error', async () => {
  const stream = new Writable({ write: (_, __, done) => done(new Error('EPIPE')) });
  const log = createLog({ level: 'info', format: 'json' }, { stream, isTerminal: false, noColor: false });
  for (let index = 0; index < 3; index += 1) {
    log.write('info', 'start');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(stream.destroyed).toBe(true);
});

describe('while nobody reads it', () => {
  /** A stream that accepts nothing until the test says so. */
  function stopped() {
    const lines: string[] = [];
    let proceed: () => void = () => undefined;
    let isStopped = true;
    const stream = new Writable({
      write(chunk, _, done) {
        const take = () => {
          lines.push(String(chunk));
          done();
        };
        if (isStopped) proceed = take;
        else take();
      },
    });
    const flow = () => {
      isStopped = false;
      proceed();
    };
    return { stream, lines, flow };
  }

  test('lines are buffered up to a limit, and the number of dropped lines is logged later, at any level', async () => {
    const { stream, lines, flow } = stopped();
    const log = createLog({ level: 'error', format: 'json' }, { stream, isTerminal: false, noColor: false });
    for (let index = 0; index < 2000; index += 1) log.write('error', 'x', { index, text: 'y'.repeat(1000) });
    expect(stream.writableLength).toBeLessThan(1024 * 1024 + 2000);
    flow();
    await new Promise((resolve) => setImmediate(resolve));
    const events = lines.map((line) => JSON.parse(line));
    const written = events.filter(({ event }) => event === 'x');
    expect(written.map(({ index }) => index)).toEqual([...written.keys()]);
    expect(events.slice(written.length)).toEqual([
      { time: expect.anything(), level: 'error', event: 'log-lines-dropped', lines: 2000 - written.length },
    ]);
    log.write('error', 'after');
    expect(lines.at(-1)).toContain('"after"');
  });
});
