import { expect, test } from '@jest/globals';
import { noMountId, parseSnapshotName, parseVolumeName } from '../../src/core/names.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import type { ObservedCall } from '../../src/core/volume-event.ts';
import { observeDriver } from '../../src/driver/observed-driver.ts';
import type { Restores } from '../../src/driver/volume-driver.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';

const asker = { door: 'plugin', process: { pid: 7, uid: 0, command: 'dockerd' } } as const;
const db = parseVolumeName('db');
const waiting = { gone: () => false };

const restored: unknown[] = [];
const restores: Restores = {
  create: async (driver, name, options) => void restored.push([driver.name, name, options]),
  foresee: async () => ({ steps: [{ act: 'create', about: 'from a backup' }] }),
};

function observed() {
  const calls: ObservedCall[] = [];
  const inner = createFakeDriver('gold');
  const driver = observeDriver(inner, { asker, observe: (call) => void calls.push(call), restores });
  const seen = () => calls.map(({ verb, volume, outcome }) => [verb, volume ?? '-', outcome].join(' '));
  return { inner, driver, calls, seen };
}

test('each verb is reported when it ends, with its outcome', async () => {
  const { driver, calls, seen } = observed();
  await driver.create(db, {});
  const mounted = await driver.mount(db, noMountId, waiting);
  await driver.get(db);
  await driver.get(parseVolumeName('other'));
  await expect(driver.remove(db)).rejects.toMatchObject({ code: 'in-use' });
  await mounted.undelivered();
  await driver.unmount(db, noMountId);
  await driver.releaseVolume(db);
  await driver.remove(db);
  await driver.undelete(db);
  await driver.listRemoved();
  await driver.recover();
  expect(seen()).toEqual([
    'create db ok',
    'mount db ok',
    'get db ok',
    'get other not-found',
    'remove db in-use',
    'take-back db ok',
    'unmount db ok',
    'release db ok',
    'remove db ok',
    'undelete db ok',
    'list-removed - ok',
    'recover - ok',
  ]);
  expect(calls.every((call) => call.driver === 'gold' && call.asker === asker && call.ms >= 0)).toBe(true);
});

test('a volume that is to be made from a backup is not asked of the driver alone', async () => {
  const { driver, inner, seen } = observed();
  await driver.create(db, { Restore: 'nas:db' });
  expect(restored).toEqual([['gold', 'db', { Restore: 'nas:db' }]]);
  expect(await inner.get(db)).toBeUndefined();
  expect(seen()).toEqual(['create db ok']);
  const intent = { verb: 'create', name: db, options: { restore: 'nas:db' } } as const;
  expect((await driver.foresee(intent)).steps).toEqual([{ act: 'create', about: 'from a backup' }]);
});

test('a snapshot is asked for with all that was said', async () => {
  const { driver } = observed();
  await driver.create(db, {});
  const said: string[] = [];
  const prepare = async () => ({
    paused: new Set<string>(),
    release: async () => void said.push('released'),
  });
  const made = await driver.snapshot(db, parseSnapshotName('before'), 'accept', prepare);
  expect(made.consistency).toBe('live');
  expect(said).toEqual(['released']);
});

test('answers and errors of the driver are passed on unchanged', async () => {
  const { inner, driver, calls } = observed();
  const refusal = new VolumeError('unavailable', 'The server is down.');
  inner.failNext(refusal);
  await expect(driver.create(db, {})).rejects.toBe(refusal);
  inner.failNext('a text');
  await expect(driver.create(db, {})).rejects.toBe('a text');
  expect(calls.map(({ outcome, error }) => [outcome, error?.message])).toEqual([
    ['unavailable', 'The server is down.'],
    ['failed', 'The call failed: a text'],
  ]);
  await driver.create(db, {});
  expect([...driver.list()]).toEqual([...inner.list()]);
  expect(driver.revision).toBe(inner.revision);
  expect(await driver.planRecovery()).toHaveLength(1);
  expect((await driver.missing(db)).code).toBe('not-found');
});
