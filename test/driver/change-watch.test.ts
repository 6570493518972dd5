import { afterEach, describe, expect, test } from '@jest/globals';
import type { Timings } from '../../src/driver/timings.ts';
import {
  createFakeServers,
  type FakeServers,
  hostOf,
  nfsKind,
} from '../backends/shared/network-share/under-test.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { type Around, interceptHost } from '../fakes/intercepted-host.ts';
import { openRig, type Rig, volume } from '../fakes/rig.ts';
import { eventually } from '../lab/eventually.ts';

const opened: Rig[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ driver }) => driver.close()));
});

async function openOn(servers: FakeServers, around: Around, timings: Partial<Timings>): Promise<Rig> {
  const state = hostOf(nfsKind, servers);
  const host = interceptHost(createFakeHost(state), around);
  const { definition, settings } = nfsKind;
  const rig = await openRig({ state, host, definition, settings, timings });
  opened.push(rig);
  return rig;
}

const untouched: Around = (_call, run) => run();

/** Counts the looks at records that are under way, and holds back what `slow` names. */
function counting(slow: (name: string) => Promise<void> = async () => undefined) {
  const seen = { now: 0, most: 0, all: 0 };
  const around: Around = async (call, run) => {
    await slow(call.name);
    if (call.name !== 'remote.readLatest') return run();
    seen.now += 1;
    seen.all += 1;
    seen.most = Math.max(seen.most, seen.now);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      return await run();
    } finally {
      seen.now -= 1;
    }
  };
  return { seen, around };
}

async function createMany(rig: Rig, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await rig.driver.create(volume(`v${i}`), {});
}

describe('a watch for what other hosts create', () => {
  test('looks only some of many volumes up at a time, so that others do not wait for all of them', async () => {
    const servers = createFakeServers();
    const one = await openOn(servers, untouched, {});
    const { seen, around } = counting();
    const other = await openOn(servers, around, { watch: 20, firstRefresh: 1e8 });
    await createMany(one, 100);
    await eventually('all are known', async () => [...(await other.driver.list())].length === 100);
    expect(seen.most).toBeGreaterThan(1);
    expect(seen.most).toBeLessThanOrEqual(32);
  });
  test('looks none up that a list is about to bring', async () => {
    const servers = createFakeServers();
    await createMany(await openOn(servers, untouched, {}), 60);
    let isHeld = true;
    const { seen, around } = counting(async (name) => {
      if (name === 'remote.readText') await eventually('it goes on', async () => !isHeld);
    });
    const opening = openOn(servers, around, { watch: 10, firstRefresh: 0 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seen.all).toBe(0);
    isHeld = false;
    const { driver } = await opening;
    await eventually('all are known', async () => [...(await driver.list())].length === 60);
    expect(seen.all).toBe(0);
  });
});
