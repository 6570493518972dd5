import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../../src/core/log.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type { ObservedCall } from '../../../src/core/volume-event.ts';
import { callEvent } from '../../../src/telemetry/events/call-events.ts';
import { logEvents, watchedLog } from '../../../src/telemetry/events/log-events.ts';
import { project, readPage, rowsOf, sectionOf } from '../../docs/pages.ts';

describe('what the log reports', () => {
  test('about a volume is an event with readable text', () => {
    const told = (event: string, fields: Readonly<Record<string, unknown>>) =>
      logEvents(event, fields).map(({ what, volume, outcome, message }) => [what, volume, outcome, message]);
    const about = { driver: 'gold', volume: 'db' };
    expect([
      ...told('holder-dropped', { ...about, id: 'abc', reason: 'unused' }),
      ...told('detach-failed', { ...about, error: new VolumeError('failed', 'It is busy.') }),
      ...told('attached', { ...about, disk: 'vol-1', ms: 1200 }),
      ...told('recovered', { ...about, action: 'restage', why: 'held, but not mounted' }),
      ...told('server-state', { driver: 'gold', server: 's1', state: 'no-reply', detail: 'no answer' }),
      ...told('server-state', { driver: 'gold', server: 's1', state: 'ok', detail: 'it answers again' }),
      ...told('container-not-started', { container: 'web', volumes: ['a', 'b'], reason: 'no such plugin' }),
      ...told('reloaded', { added: ['tin'], changed: ['gold', 'iron'], removed: [] }),
      ...told('driver-not-reloaded', { driver: 'gold', error: new VolumeError('in-use', 'It is held.') }),
      ...told('listening', {}),
      ...told('constructor', {}),
    ]).toEqual([
      ['drop-holder', 'db', 'ok', 'ID abc: unused'],
      ['detach', 'db', 'failed', 'It is busy.'],
      ['attach', 'db', 'ok', 'vol-1'],
      ['recover', 'db', 'ok', 'restage: held, but not mounted'],
      ['server', undefined, 'unavailable', 's1: no-reply: no answer'],
      ['server', undefined, 'ok', 's1: ok: it answers again'],
      ['container', 'a', 'failed', 'web: no such plugin'],
      ['container', 'b', 'failed', 'web: no such plugin'],
      ['reload', undefined, 'ok', 'added'],
      ['reload', undefined, 'ok', 'changed'],
      ['reload', undefined, 'ok', 'changed'],
      ['reload', undefined, 'failed', 'It is held.'],
    ]);
  });

  test('is received at any level of the log', () => {
    const heard: string[] = [];
    watchedLog(silentLog, (event) => void heard.push(event)).write('debug', 'detaching', {});
    expect(heard).toEqual(['detaching']);
  });

  test('exists: each event with a row is one of the log', () => {
    const source = readFileSync(join(project, 'src/telemetry/events/log-events.ts'), 'utf8');
    const table = /const rows[^{]*\{(.*?)^\};/ms.exec(source)?.[1] ?? '';
    const used = [...table.matchAll(/^ {2}'?([a-z-]+)'?: \[/gm)].map(([, event]) => event);
    const documented = rowsOf(sectionOf(readPage('docs/reference/logs.md'), 'Events')).map(
      ([event]) => event,
    );
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((event) => !documented.includes(event ?? ''))).toEqual([]);
  });
});

test('a query is an event only if an engine was refused', () => {
  const error = new VolumeError('unavailable', 'The server is down.');
  const call = (rest: Partial<ObservedCall>) =>
    callEvent({
      verb: 'get',
      driver: 'gold',
      volume: 'db',
      asker: { door: 'plugin' },
      outcome: 'ok',
      ms: 1,
      ...rest,
    });
  expect(call({})).toBeUndefined();
  expect(call({ outcome: 'not-found' })).toBeUndefined();
  expect(call({ outcome: 'unavailable', error })).toMatchObject({
    what: 'get',
    message: 'The server is down.',
  });
  expect(call({ outcome: 'unavailable', error, asker: { door: 'admin' } })).toBeUndefined();
  expect(call({ verb: 'mount', ms: 1.23456 })).toMatchObject({ what: 'mount', outcome: 'ok', ms: 1.235 });
});
