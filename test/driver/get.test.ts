import { afterEach, describe, expect, test } from '@jest/globals';
import type { Timings } from '../../src/driver/timings.ts';
import {
  createFakeServers,
  hostOf,
  nfsKind,
  shareKinds,
} from '../backends/shared/network-share/under-test.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';
import { eventually } from '../lab/eventually.ts';
import { inTime } from '../lab/in-time.ts';

const db = volume('db');
const opened: Rig[] = [];

afterEach(async () => {
  for (const { driver } of opened.splice(0)) await driver.close();
});

/** Two hosts on one share. Each time `b` reads a record, it waits for `hold` first, and for `answered` afterwards. */
async function twoHosts(kind = nfsKind, timings: Partial<Timings> = {}) {
  const servers = createFakeServers();
  const way = {
    hold: async (): Promise<unknown> => undefined,
    answered: async (): Promise<unknown> => undefined,
  };
  const { definition, settings } = kind;
  const a = await openRig({ host: createFakeHost(hostOf(kind, servers)), definition, settings });
  const host = interceptHost(createFakeHost(hostOf(kind, servers)), async (call, run) => {
    if (!/read(Text|Latest)$/.test(call.name) || !call.detail.endsWith('.json')) return run();
    await way.hold();
    const found = await run();
    await way.answered();
    return found;
  });
  const b = await openRig({ host, definition, settings, timings });
  opened.push(a, b);
  return { a, b, way };
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const names = ({ driver }: Rig) => [...driver.list()].map((listed) => listed.volume.name);

describe('Get of a name that this host does not know', () => {
  test.each(shareKinds)('waits for slow storage, and finds what another host made: $name', async (kind) => {
    const { a, b, way } = await twoHosts(kind);
    await a.driver.create(db, {});
    way.hold = () => sleep(700);
    expect((await b.driver.get(db))?.volume.name).toBe('db');
    way.hold = () => Promise.reject(new Error('not asked'));
    expect((await b.driver.get(db))?.volume.name).toBe('db');
  });

  test('is not called absent if the storage does not answer in time; the late answer is kept', async () => {
    const { a, b, way } = await twoHosts(nfsKind, { callDeadline: 50 });
    await a.driver.create(db, {});
    let answer = (): void => undefined;
    way.hold = () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      });
    await expect(b.driver.get(db)).rejects.toMatchObject({
      code: 'timeout',
      message:
        'Cannot tell whether volume db exists in driver holdfast: The storage of driver holdfast has not answered within 0.05 s.',
    });
    expect(names(b)).toEqual([]);
    answer();
    await eventually('the late answer is known', async () => names(b).includes(db));
  });

  test.each(['EIO', 'ETIMEDOUT', 'EACCES', 'EPERM', 'ENOTCONN', 'EMFILE', 'EEXIST', 'ENOSPC', 'EWHATEVER'])(
    'that cannot be looked up is not reported as absent: %s',
    async (code) => {
      const { b, way } = await twoHosts(nfsKind, { passing: 100 });
      await b.driver.create(volume('other'), {});
      way.hold = () => Promise.reject(Object.assign(new Error(code), { code }));
      const refused = await b.driver.get(db).then(
        () => undefined,
        (error) => error,
      );
      expect(refused).toMatchObject({
        message: expect.stringMatching(/^Cannot tell whether volume db exists/),
      });
      expect(refused.code).not.toBe('not-found');
      expect(refused.message).not.toContain('does not exist');
    },
  );

  test.each(shareKinds)('is found although the client just gave up its connections: $name', async (kind) => {
    const { a, b, way } = await twoHosts(kind);
    await a.driver.create(db, {});
    let failures = 2;
    way.hold = async () => {
      if (failures-- > 0) throw Object.assign(new Error('not connected'), { code: 'ENOTCONN' });
    };
    expect((await b.driver.get(db))?.volume.name).toBe('db');
    expect(failures).toBeLessThan(0);
  });

  /** Host `b` has the share mounted. Then its servers go down. */
  async function withServersDown(kind: (typeof shareKinds)[number]) {
    const servers = createFakeServers();
    const { definition, settings } = kind;
    const a = await openRig({ host: createFakeHost(hostOf(kind, servers)), definition, settings });
    const state = hostOf(kind, servers);
    const b = await openRig({ state, host: createFakeHost(state), definition, settings });
    opened.push(a, b);
    await a.driver.create(db, {});
    await a.driver.create(volume('known'), {});
    await b.driver.mount(volume('known'), id('1'), present);
    const up = new Map(state.servers);
    for (const server of up.keys()) state.servers.delete(server);
    servers.home.conditions.add('down');
    const bringBack = (): void => {
      for (const [server, answer] of up) state.servers.set(server, answer);
      servers.home.conditions.delete('down');
    };
    const isKnown = () =>
      eventually('the trouble is known', async () => b.driver.status().health?.downSince !== undefined);
    return { b, state, bringBack, isKnown };
  }

  test.each(shareKinds)('is found after a trouble that passes while it is asked for: $name', async (kind) => {
    const { b, bringBack, isKnown } = await withServersDown(kind);
    const asked = b.driver.get(db);
    await isKnown();
    bringBack();
    // An engine asks only once; after an error it would create a volume of its own.
    expect((await asked)?.volume.name).toBe(db);
  });

  test.each(shareKinds)(
    'is refused at once while the server has been down for a while, and found when it is back: $name',
    async (kind) => {
      const { b, state, bringBack, isKnown } = await withServersDown(kind);
      const first = b.driver.get(db).catch(() => undefined);
      await isKnown();
      state.clock.now += 60_000;
      await first;
      await expect(inTime(1_000, () => b.driver.get(db))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(
          /^Cannot tell whether volume db exists in driver holdfast: .* in trouble \(/,
        ),
      });
      bringBack();
      expect((await b.driver.get(db))?.volume.name).toBe(db);
    },
  );

  test('that was looked up before a removal here does not bring the volume back', async () => {
    const { a, b, way } = await twoHosts();
    await a.driver.create(db, {});
    let answer = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let isAsked = false;
    way.answered = () => {
      isAsked = true;
      return late;
    };
    const asked = b.driver.get(db);
    await eventually('it is looked at', async () => isAsked);
    way.answered = async () => undefined;
    await b.driver.remove(db);
    answer();
    await asked;
    expect(names(b)).toEqual([]);
  });
});
