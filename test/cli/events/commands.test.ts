import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAdminClient } from '../../../src/cli/admin-client.ts';
import { followEvents } from '../../../src/cli/events/list.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type { VolumeEvent } from '../../../src/core/volume-event.ts';
import type { VolumeDriver } from '../../../src/driver/volume-driver.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../../fakes/fake-driver.ts';
import { runHere } from '../in-process.ts';

let gold: FakeDriver;
let socket: AdminSocket;
let events: VolumeEvent[];
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();
const dockerd = { door: 'plugin', process: { pid: 812, uid: 0, command: 'dockerd' } } as const;

function happened(milliseconds: number, rest: Partial<VolumeEvent>): void {
  const id = `r-${events.length}`;
  const usual = { what: 'mount', driver: 'gold', volume: 'db', outcome: 'ok', asker: dockerd } as const;
  events.push({ id, time: ago(milliseconds), ...usual, ...rest });
}

/** A source that filters only by time, volume and position; test/telemetry/events tests the rest. */
const source = {
  find: async ({ since = 0, volume, after }: { since?: number; volume?: string; after?: string }) => {
    const from = events.findIndex(({ id }) => id === after) + 1;
    return events
      .slice(from)
      .filter((event) => Date.parse(event.time) >= since && (volume ?? event.volume) === event.volume);
  },
};

async function open(...drivers: VolumeDriver[]) {
  socket = await openAdminSocket(drivers, undefined, source);
}
const holdfast = (...words: string[]) => runHere([...words, '--socket', socket.path]);

beforeEach(() => {
  gold = createFakeDriver('gold');
  events = [];
});
afterEach(() => socket.close());

describe('holdfast events', () => {
  test('shows the oldest first, with the caller, the outcome and the reason', async () => {
    await open(gold);
    happened(3_600_000, { what: 'create', ms: 12.3 });
    happened(1000, {
      outcome: 'unavailable',
      message: 'The server is down.',
      repeated: 3,
      asker: { door: 'plugin', process: { pid: 9, uid: 1000 } },
    });
    happened(500, { what: 'purge', asker: { door: 'daemon' }, message: 'its time was over' });
    happened(400, { what: 'mount', asker: { door: 'admin' } });
    const { out, code } = await holdfast('events');
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.slice(21))).toEqual([
      'WHAT    DRIVER  VOLUME  OUTCOME      BY                       MESSAGE',
      'create  gold    db      ok           dockerd (812)            took 12 ms',
      'mount   gold    db      unavailable  a process (9, uid 1000)  The server is down. (and 3 times before)',
      'purge   gold    db      ok           the daemon               its time was over',
      'mount   gold    db      ok           admin socket',
      '',
    ]);
  });

  test('can be limited to a time and a volume, and prints JSON for programs', async () => {
    await open(gold);
    happened(7_200_000, { volume: 'old' });
    happened(1000, {});
    happened(1000, { volume: 'other' });
    const { out } = await holdfast('events', '--since', '1h', '--volume', 'db', '--json');
    expect(JSON.parse(out)).toMatchObject({ events: [{ volume: 'db', outcome: 'ok', asker: dockerd }] });
    expect((await holdfast('events', '--since', '1s', '--volume', 'none')).out).toBe(
      'Nothing was recorded in the last 1s for volume none.\n',
    );
    expect((await holdfast('events', '--since', 'yesterday')).err).toContain('is not a duration');
    expect((await holdfast('events', '--volume', '../x')).err).toContain('is not usable');
  });

  test('follows new events, even across a restart of the daemon', async () => {
    await open(gold);
    happened(1000, { volume: 'a' });
    const said: string[] = [];
    const steps = [
      async () => happened(0, { volume: 'b' }),
      async () => socket.close(),
      async () => {
        happened(0, { volume: 'c' });
        await open(gold);
      },
    ];
    const { path } = socket;
    let client = createAdminClient(path);
    const asked = {
      ask: (...words: Parameters<typeof client.ask>) => client.ask(...words),
      read: async () => '',
      isAnswered: async () => true,
    };
    await followEvents(
      asked,
      { since: '1d', json: true },
      {
        say: (text) => void said.push(JSON.parse(text).volume),
        pause: async () => {
          const step = steps.shift();
          await step?.();
          client = createAdminClient(steps.length === 0 ? socket.path : path);
          return step !== undefined;
        },
      },
    );
    expect(said).toEqual(['a', 'b', 'c']);
  });

  test('escapes control characters in the name of a process, on one line', async () => {
    await open(gold);
    const command = '\u001b[2J\nroot';
    happened(1000, {
      asker: { door: 'plugin', process: { pid: 1, uid: 0, command } },
      message: 'a\nb\u202e',
    });
    for (const words of [['events'], ['why', 'db'], ['events', '--json'], ['why', 'db', '--json']]) {
      const { out } = await holdfast(...words);
      expect(out).not.toContain('\u001b');
      expect(out).not.toContain('\u202e');
      expect(out).toContain('\\u001b');
      expect(out).not.toContain('\nroot');
    }
  });
});

describe('holdfast why', () => {
  test('shows the state of the volume and what happened to it, the newest first', async () => {
    await open(gold);
    await gold.create(parseVolumeName('db'), {});
    happened(26 * 3_600_000, { outcome: 'timeout', message: 'It took too long.' });
    happened(180_000, { what: 'create', ms: 4 });
    happened(90_000, { volume: 'other' });
    happened(1000, { outcome: 'failed', message: 'The file system is damaged.' });
    const { out, code } = await holdfast('why', 'db');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'Volume db exists in driver gold; it is not mounted on this host, and nobody holds it.',
      '',
      'AGO    WHAT    DRIVER  BY             OUTCOME  MESSAGE',
      '1 s    mount   gold    dockerd (812)  failed   The file system is damaged.',
      '3 min  create  gold    dockerd (812)  ok       took 4 ms',
      '26 h   mount   gold    dockerd (812)  timeout  It took too long.',
      '',
    ]);
  });

  test('for a removed volume, says how to bring it back', async () => {
    await open(gold);
    await gold.create(parseVolumeName('db'), {});
    await gold.remove(parseVolumeName('db'));
    const [first = '', , second] = (await holdfast('why', 'db')).out.split('\n');
    expect(first).toBe(
      'Volume db was removed from driver gold at 2024-01-02T03:04:05Z, and its data is kept until 2024-01-03T03:04:05Z: ' +
        'bring it back with `holdfast volume undelete db --driver gold`.',
    );
    expect(second).toBe('Nothing was recorded about it in the last 7 days.');
  });

  test('for a volume whose data is gone, says when that happened', async () => {
    await open(gold);
    happened(5000, { what: 'purge', asker: { door: 'daemon' } });
    const { time } = events[0] ?? { time: '' };
    expect((await holdfast('why', 'db')).out).toContain(
      `Volume db was removed from driver gold, and its data was deleted at ${time}.`,
    );
  });

  test('for a volume that never existed, suggests the nearest name', async () => {
    await open(gold);
    await gold.create(parseVolumeName('database'), {});
    expect((await holdfast('why', 'databse')).out).toContain(
      'There is no volume databse. Did you mean database?',
    );
    expect((await holdfast('why', 'zzz')).out).toContain(
      'There is no volume zzz. List all volumes with `holdfast volume ls`',
    );
    expect(await holdfast('why', '../db')).toMatchObject({
      code: 2,
      err: expect.stringContaining('not usable'),
    });
  });

  test('answers within two seconds, and reports nothing as absent, while a storage hangs', async () => {
    const silent = { ...createFakeDriver('slow'), get: () => new Promise<undefined>(() => undefined) };
    await open(gold, silent);
    const started = performance.now();
    const { out } = await holdfast('why', 'db');
    expect(performance.now() - started).toBeLessThan(2000);
    expect(out).toContain(
      'Driver slow does not say whether it has volume db: It has not answered within 1.5 s.',
    );
    expect(out).not.toContain('There is no volume');
  });

  test('for a driver that refuses, and a server in trouble, shows what they reported', async () => {
    await open(gold);
    await gold.create(parseVolumeName('db'), {});
    gold.failNext(new VolumeError('unavailable', 'The server is down.'));
    happened(60_000, { volume: 'other' });
    const { volume: _, ...ofDriver } = {
      ...events[0],
      id: 's',
      what: 'server',
      outcome: 'unavailable',
      message: 's1: no-reply',
    } as const;
    events.push({ ...ofDriver, time: ago(9000), driver: 'gold', asker: { door: 'daemon' } });
    const { out } = await holdfast('why', 'db');
    expect(out).toContain('Driver gold does not say whether it has volume db: The server is down.');
    expect(out).toMatch(/9 s +server +gold +the daemon +unavailable +s1: no-reply/);
    expect(out).not.toContain('mount');
  });
});
