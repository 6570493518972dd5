import {
  appendFileSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NewEvent } from '../../../src/core/volume-event.ts';
import { createEventLog, type EventLog } from '../../../src/telemetry/events/create-event-log.ts';
import { describeWith } from '../../lab/requirements.ts';
import { run } from '../../lab/run.ts';

let folder = '';
let path = '';
let time = Date.parse('2026-01-02T03:04:05Z');
let logged: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-events-'));
  path = join(folder, 'events.jsonl');
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(most = 10_000, at = path): EventLog {
  const log = { enabled: () => true, write: (_: string, event: string) => void logged.push(event) };
  return createEventLog({ log, path: at, most, now: () => time });
}

const event = (volume: string, rest: Partial<NewEvent> = {}): NewEvent => ({
  what: 'mount',
  driver: 'gold',
  volume,
  outcome: 'ok',
  asker: { door: 'plugin', process: { pid: 7, uid: 0, command: 'dockerd' } },
  ...rest,
});
const volumesOf = async (events: EventLog) => (await events.find({})).map(({ volume }) => volume);

describe('events', () => {
  test('are readable at once, and after a restart, in the order in which they happened', async () => {
    const events = open();
    for (const name of ['a', 'b']) events.record(event(name));
    expect(await volumesOf(events)).toEqual(['a', 'b']);
    await events.close();
    const later = open();
    later.record(event('c', { outcome: 'failed', message: 'It broke.' }));
    expect(await later.find({})).toMatchObject([
      { volume: 'a', time: '2026-01-02T03:04:05.000Z', asker: { process: { command: 'dockerd' } } },
      { volume: 'b' },
      { volume: 'c', outcome: 'failed', message: 'It broke.' },
    ]);
    await later.close();
  });

  test('are found by volume, by time, and from a given one on, also after a restart', async () => {
    const events = open();
    events.record(event('a'));
    time += 60_000;
    events.record(event('b'));
    const [, b] = await events.find({});
    expect(await events.find({ since: time })).toMatchObject([{ volume: 'b' }]);
    expect(await events.find({ volume: 'a' })).toMatchObject([{ volume: 'a' }]);
    await events.close();
    const later = open();
    later.record(event('c'));
    expect(await later.find({ after: b?.id ?? '' })).toMatchObject([{ volume: 'c' }]);
    const [c] = await later.find({ volume: 'c' });
    later.record(event('a'));
    expect(await later.find({ after: c?.id ?? '', volume: 'a' })).toMatchObject([{ volume: 'a' }]);
    expect(await later.find({ after: 'not kept' })).toHaveLength(4);
    await later.close();
  });

  test('use at most two files of the maximum size, and the oldest are dropped', async () => {
    const events = open(3000);
    for (let count = 0; count < 100; count++) {
      events.record(event(`v${count}`));
      await events.close();
    }
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'events.jsonl.1']);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).size).toBeLessThan(3300);
    const kept = await volumesOf(open(3000));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(100);
    expect(kept.at(-1)).toBe('v99');
  });

  test('are all read except one that a crash left incomplete, and new ones are appended', async () => {
    const events = open();
    for (const name of ['a', 'b']) events.record(event(name));
    await events.close();
    truncateSync(path, statSync(path).size - 20);
    const later = open();
    expect(await volumesOf(later)).toEqual(['a']);
    later.record(event('c'));
    await later.close();
    expect(await volumesOf(open())).toEqual(['a', 'c']);
  });

  test('are not read from a file that somebody else put there', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious\n');
    for (const put of [() => symlinkSync(victim, path), () => linkSync(victim, path)]) {
      put();
      const events = open();
      events.record(event('a'));
      await events.close();
      expect(logged).toEqual(['events-not-written']);
      expect(await volumesOf(events)).toEqual(['a']);
      rmSync(path);
      logged = [];
    }
    expect(readFileSync(victim, 'utf8')).toBe('precious\n');
  });

  test('have no secrets, control characters or unlimited strings on disk', async () => {
    const events = open(100_000);
    const command = '\u001b[2J\u202eevil';
    const asker = { door: 'plugin', process: { pid: 1, uid: 0, command } } as const;
    events.record(
      event('a', { outcome: 'failed', asker, message: `password=hunter2 ${'x'.repeat(50_000)}` }),
    );
    await events.close();
    const text = readFileSync(path, 'utf8');
    for (const hidden of ['hunter2', '\u001b', '\u202e']) expect(text).not.toContain(hidden);
    expect(text.length).toBeLessThan(3000);
    expect(await open().find({})).toMatchObject([{ asker: { process: { pid: 1 } } }]);
  });

  test('for the same refusal are recorded once a minute, with a count', async () => {
    const events = open();
    const refused = event('a', { outcome: 'unavailable', message: 'The server is down.' });
    for (let count = 0; count < 5; count++) events.record(refused);
    events.record(event('b', { outcome: 'unavailable', message: 'The server is down.' }));
    for (let count = 0; count < 3; count++) events.record(event('a'));
    time += 60_000;
    events.record(refused);
    events.record(refused);
    expect((await events.find({})).map(({ volume, repeated }) => [volume, repeated])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['a', undefined],
      ['a', undefined],
      ['a', undefined],
      ['a', 4],
    ]);
    time -= 3_600_000;
    events.record(refused);
    expect((await events.find({})).at(-1)).toMatchObject({ repeated: 1 });
    await events.close();
  });

  test('are read from a file with any content, without a failure', async () => {
    const sound = open();
    sound.record(event('a'));
    await sound.close();
    const line = readFileSync(path, 'utf8');
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant(line.replace('"gold"', '7')),
      fc.constant(line.replace('2026-01', 'soon')),
      fc.constant(line.replace('"ok"', '"fine"')),
      fc.constant(`${line.trimEnd().slice(0, -1)},"message":"${'x'.repeat(9000)}"}`),
      fc.constant('\0'.repeat(100)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 5 }), async (lines) => {
        writeFileSync(path, '');
        for (const text of lines) appendFileSync(path, `${text.replaceAll('\n', ' ')}\n`);
        appendFileSync(path, line);
        const found = await open().find({});
        expect(found.at(-1)).toMatchObject({ volume: 'a', outcome: 'ok' });
        expect(found.every(({ driver }) => driver === 'gold')).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('beyond a limit are not read', async () => {
    writeFileSync(path, 'x'.repeat(5_000_000));
    const events = open(3000);
    expect(await events.find({})).toEqual([]);
    events.record(event('a'));
    await events.close();
    expect(await volumesOf(open(3000))).toEqual(['a']);
  });
});

describeWith({ root: true, programs: ['mount', 'umount'] }, 'with a disk that is full', () => {
  const disk = () => join(folder, 'disk');
  beforeEach(async () => {
    await run('mkdir', [disk()]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk()]);
  });
  afterEach(async () => void (await run('umount', [disk()])));

  test('no call waits, the events stay in memory, and are written once there is space', async () => {
    const at = join(disk(), 'events.jsonl');
    const events = open(1_000_000, at);
    writeFileSync(join(disk(), 'ballast'), 'x'.repeat(8192));
    for (let count = 0; count < 100; count++) {
      events.record(event(`v${count}`));
      if (count % 10 === 0) await events.close();
    }
    await events.close();
    expect(logged).toEqual(['events-not-written']);
    expect(await volumesOf(events)).toEqual(Array.from({ length: 100 }, (_, count) => `v${count}`));
    rmSync(join(disk(), 'ballast'));
    await run('mount', ['-o', 'remount,size=1m', disk()]);
    events.record(event('last'));
    await events.close();
    expect(await volumesOf(open(1_000_000, at))).toEqual([
      ...Array.from({ length: 100 }, (_, count) => `v${count}`),
      'last',
    ]);
  });
});
