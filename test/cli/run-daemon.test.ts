import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { installLastResort, logWarnings } from '../../src/cli/last-resort.ts';
import { type Running, type RunParts, runUntilStopped } from '../../src/cli/run-daemon.ts';
import type { StopSignal } from '../../src/cli/signals.ts';

/** A daemon whose start and stop take as long as the test wants; `events` lists what happened, in order. */
function rig(over: Partial<RunParts<Running>> = {}) {
  const events: string[] = [];
  let signal: (signal: StopSignal) => void = () => undefined;
  const ended = runUntilStopped<Running>({
    start: async () => {
      events.push('start');
      return {
        close: async () => {
          await sleep(20);
          events.push('closed');
        },
      };
    },
    started: () => events.push('started'),
    stopping: (name) => events.push(`stopping ${name}`),
    onSignal: (handle) => {
      signal = handle;
    },
    forceExit: () => events.push('forced'),
    stopDeadline: 1000,
    ...over,
  });
  return { events, ended, signal: (name: StopSignal) => signal(name) };
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a daemon in the foreground', () => {
  test('runs until a signal, and is closed once, even if the signal comes several times', async () => {
    const { events, ended, signal } = rig();
    await sleep(10);
    expect(events).toEqual(['start', 'started']);
    signal('SIGINT');
    signal('SIGINT');
    signal('SIGTERM');
    await ended;
    expect(events).toEqual(['start', 'started', 'stopping SIGINT', 'closed']);
  });

  test('that gets a signal during its start is closed after the start', async () => {
    let proceed: () => void = () => undefined;
    const close = async (): Promise<void> => {
      events.push('closed');
    };
    const start = () =>
      new Promise<Running>((resolve) => {
        proceed = () => resolve({ close });
      });
    const { events, ended, signal } = rig({ start });
    signal('SIGTERM');
    proceed();
    await ended;
    expect(events).toEqual(['stopping SIGTERM', 'closed']);
  });

  test('that does not stop in time is killed', async () => {
    const { events, signal } = rig({
      start: async () => ({ close: () => new Promise(() => undefined) }),
      stopDeadline: 30,
    });
    await sleep(10);
    signal('SIGINT');
    await sleep(60);
    expect(events).toEqual(['started', 'stopping SIGINT', 'forced']);
  });

  test.each<[string, Partial<RunParts<Running>>]>([
    ['start', { start: () => Promise.reject(new Error('no')) }],
    ['stop', { start: async () => ({ close: () => Promise.reject(new Error('no')) }), stopDeadline: 20 }],
  ])('that cannot %s says why, and is not ended by force', async (_, over) => {
    const { events, ended, signal } = rig(over);
    signal('SIGINT');
    await expect(ended).rejects.toThrow('no');
    await sleep(40);
    expect(events).toEqual(['stopping SIGINT']);
  });
});

test('uncaught errors are logged; only an exception ends the process', () => {
  const events: unknown[] = [];
  const source = new EventEmitter();
  const log = { enabled: () => true, write: (...event: unknown[]) => void events.push(event) };
  installLastResort(source, log, (code) => events.push(`exit ${code}`));
  const error = new Error('x');
  source.emit('unhandledRejection', error);
  expect(events).toEqual([['error', 'unhandled-rejection', { error }]]);
  source.emit('uncaughtException', error);
  expect(events.slice(1)).toEqual([['error', 'uncaught-exception', { error }], 'exit 1']);
});

test("Node's warnings go to the log, and not to stderr", () => {
  const events: unknown[] = [];
  const source = new EventEmitter();
  source.on('warning', () => events.push("Node's own line"));
  logWarnings(source, { enabled: () => true, write: (...event: unknown[]) => void events.push(event) });
  source.emit(
    'warning',
    Object.assign(new Error('it is old'), { name: 'DeprecationWarning', code: 'DEP0001' }),
  );
  const fields = { name: 'DeprecationWarning', code: 'DEP0001', message: 'it is old' };
  expect(events).toEqual([['warn', 'node-warning', fields]]);
});
