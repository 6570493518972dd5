import { expect, test } from '@jest/globals';
import { silentLog } from '../../../src/core/log.ts';
import {
  parseDriverName,
  parseMountId,
  parseSnapshotName,
  parseVolumeName,
} from '../../../src/core/names.ts';
import type { Amount, LongWork } from '../../../src/core/waits/progress.ts';
import { openConfigured } from '../../../src/daemon/drivers/open.ts';
import { createStagedPlaces } from '../../../src/driver/places/staged.ts';
import type { Host } from '../../../src/host/host.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';
import { present } from '../../fakes/rig.ts';
import { configurationWith, localDriver } from '../configuration.ts';

const gold = parseDriverName('gold');
const db = parseVolumeName('db');
const before = parseSnapshotName('before');

async function opened(onRemove: string, around: (host: Host) => Host = (host) => host) {
  const configured = localDriver({ root: '/gold', onRemove });
  const configuration = configurationWith({ drivers: new Map([[gold, configured]]) });
  const host = around(createFakeHost());
  await host.files.makeDirectory('/mnt');
  await host.mounts.makeMountRoot('/mnt');
  const reports: (LongWork & { done?: Amount; ended?: true })[] = [];
  const report = (work: LongWork) => {
    const entry: (typeof reports)[number] = { ...work };
    reports.push(entry);
    return {
      tell: (done: Amount) => {
        entry.done = done;
      },
      end: () => {
        entry.ended = true;
      },
    };
  };
  const parts = { configuration, log: silentLog, audit: () => undefined, report };
  const surroundings = { host, witnesses: new Map(), places: createStagedPlaces() };
  const driver = await openConfigured(gold, configured, parts, surroundings);
  await driver.start();
  await driver.create(db, {});
  const { mountpoint } = await driver.mount(db, parseMountId('a'), present);
  for (const name of ['x', 'y', 'z']) await host.files.writeText(`${mountpoint}/${name}`, name, 'replace');
  await driver.unmount(db, parseMountId('a'));
  await driver.usageOf(db);
  return { driver, reports };
}

const told = { driver: 'gold', volume: 'db', ended: true };
const whole = { total: { entries: 4 }, done: { entries: 4 } };

test('copies are reported with what there is to copy, and what is done', async () => {
  const { driver, reports } = await opened('trash');
  await driver.snapshot(db, before);
  await driver.create(parseVolumeName('copy'), { from: 'db' });
  await driver.rollback(db, before);
  await driver.removeSnapshot(db, before);
  expect(reports).toEqual([
    { ...told, what: 'copy', ...whole },
    { ...told, what: 'copy', ...whole, volume: 'copy' },
    { ...told, what: 'copy', ...whole },
    { ...told, what: 'delete', done: { entries: 4 } },
  ]);
  await driver.close();
});

/** The look whether there is room for a copy ends early. */
function countsBriefly(host: Host): Host {
  const below = (root: string) => {
    const files = host.files.below(root);
    const count: typeof files.count = async (path, limits, signal) => {
      const counted = await files.count(path, limits, signal);
      return counted && { ...counted, isWhole: false };
    };
    return { ...files, count };
  };
  return { ...host, files: { ...host.files, below } };
}

test('of a large directory, there is as much to copy as was last measured; of its snapshot, nobody knows', async () => {
  const { driver, reports } = await opened('trash', countsBriefly);
  await driver.snapshot(db, before);
  await driver.create(parseVolumeName('copy'), { from: 'db' });
  await driver.create(parseVolumeName('old'), { from: 'db@before' });
  const { done } = whole;
  expect(reports).toEqual([
    { ...told, what: 'copy', ...whole },
    { ...told, what: 'copy', ...whole, volume: 'copy' },
    { ...told, what: 'copy', done, volume: 'old' },
  ]);
  await driver.close();
});

test('a deletion is reported with what the volume was last measured to have', async () => {
  const { driver, reports } = await opened('delete');
  await driver.remove(db);
  expect(reports).toEqual([{ ...told, what: 'delete', ...whole }]);
  await driver.close();
});

test('formatting is reported, and nothing of what takes a moment', async () => {
  const { driver, reports } = await opened('trash');
  await driver.mount(db, parseMountId('a'), present);
  await driver.unmount(db, parseMountId('a'));
  await driver.remove(db);
  expect(reports).toEqual([]);
  await driver.create(db, { size: '16MiB' });
  expect(reports).toEqual([{ ...told, what: 'format' }]);
  await driver.close();
});
