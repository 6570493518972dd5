import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import {
  clientMemory,
  createLatestRegistry,
} from '../../../../src/backends/shared/network-share/latest-registry.ts';
import { createRegistry } from '../../../../src/backends/shared/recorded/registry.ts';
import { parseVolumeName } from '../../../../src/core/names.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeHost, createFakeState } from '../../../fakes/host/fake-host.ts';

const directory = '/registry';
const db = parseVolumeName('db');
const admitAny = (volume: Volume) => volume;
const created = (id: number): Volume => ({
  name: db,
  id: id.toString(16).padStart(16, '0'),
  options: {},
  given: {},
  createdAt: '2026-01-01T00:00:00.000Z',
});

/** This host's registry, and that of another one on the same share. */
async function twoHosts() {
  const { files } = createFakeHost(createFakeState());
  await files.makeDirectory(directory);
  const below = files.below('/');
  return {
    here: createLatestRegistry(below, directory, admitAny),
    other: createRegistry(below, directory, admitAny),
  };
}

/** How long it takes until the volume is found, in milliseconds. */
async function untilFound(find: () => Promise<unknown>, id: number): Promise<number> {
  const began = performance.now();
  expect(await find()).toMatchObject({ id: created(id).id });
  return performance.now() - began;
}

describe('a volume that another host created in place of one that this host knew', () => {
  test.each([
    ['a look-up', async (here: Awaited<ReturnType<typeof twoHosts>>['here']) => here.find(db)],
    [
      'a list',
      async (here: Awaited<ReturnType<typeof twoHosts>>['here']) => here.list(AbortSignal.timeout(1e5)),
    ],
  ])('from %s is given only when no client shows the other one by its name', async (_, hear) => {
    const { here, other } = await twoHosts();
    await other.add(created(1));
    await hear(here);
    await other.remove(db);
    await other.add(created(2));
    // Also to those who ask meanwhile. A timer may be a millisecond early.
    const found = await Promise.all([1, 2].map(() => untilFound(() => here.find(db), 2)));
    for (const took of found) expect(took).toBeGreaterThan(clientMemory - 50);
    await other.remove(db);
    await other.add(created(3));
    await here.list(AbortSignal.timeout(1e5));
    expect(await untilFound(() => here.find(db), 3)).toBeGreaterThan(clientMemory - 100);
  });
  test('is given at once where this host created it, or knew none of its name', async () => {
    const { here, other } = await twoHosts();
    const atOnce = () => Promise.race([here.find(db), sleep(clientMemory / 2)]);
    await other.add(created(1));
    expect(await atOnce()).toMatchObject({ id: created(1).id });
    await here.remove(db);
    await here.add(created(2));
    expect(await atOnce()).toMatchObject({ id: created(2).id });
  });
});

test('a record that is missing for one look, while another host replaces it, is not absent', async () => {
  const { files } = createFakeHost(createFakeState());
  await files.makeDirectory(directory);
  let missing = 0;
  const readLatest = async (path: string) => (missing-- > 0 ? undefined : files.readLatest(path));
  const registry = createLatestRegistry({ ...files.below('/'), readLatest }, directory, admitAny);
  await registry.add(created(1));
  missing = 1;
  expect(await registry.lookup(db)).toMatchObject({ id: created(1).id });
  await registry.remove(db);
  expect(await registry.lookup(db)).toBeUndefined();
});
