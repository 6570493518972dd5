import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../lab/eventually.ts';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const folder = fakeResticFolder();
afterAll(() => rmSync(folder, { recursive: true }));

let rig: BackupRig;
beforeEach(async () => {
  rig = await openBackupRig({ resticFolder: folder, plan: { keepLast: 1 } });
  writeFileSync(join(rig.driver.add('db'), 'file'), 'content');
  await rig.task({ do: 'init', repository: 'nas' });
});
afterEach(() => rig.close());

const place = () => join(rig.repository, 'locks', 'a'.repeat(64));
/** As a restic of another host, which is alive, has it. */
const lock = (isExclusive: boolean) =>
  writeFileSync(place(), JSON.stringify({ pid: process.pid, isExclusive }));
const calls = (command: string) => rig.calls.filter((call) => call.startsWith(`restic ${command} `)).length;

test('a backup waits for the prune of another host', async () => {
  lock(true);
  const running = rig.task({ do: 'run', plan: 'nightly' });
  await eventually('it was tried again', async () => calls('backup') > 3);
  rmSync(place());
  expect(await running).toMatchObject({ state: 'done', results: [{ outcome: 'ok', volume: 'db' }] });
  expect((await rig.backups.list()).backups).toHaveLength(1);
});

test('a prune waits for the backup of another host', async () => {
  for (let count = 0; count < 2; count += 1) await rig.task({ do: 'run', plan: 'nightly' });
  await rig.task({ do: 'prove', plan: 'nightly' });
  rig.clock = Date.now();
  lock(false);
  const running = rig.task({ do: 'prune', plan: 'nightly' });
  await eventually('it was tried again', async () => calls('forget') > 1);
  rmSync(place());
  expect(await running).toMatchObject({ state: 'done', results: [{ outcome: 'ok' }] });
  expect((await rig.backups.list()).backups).toHaveLength(1);
});

test('a backup that fails for another reason does not wait for anybody', async () => {
  lock(false);
  rig.driver.shows = 'in use';
  const { results } = await rig.task({ do: 'run', plan: 'nightly' });
  expect(results).toMatchObject([{ outcome: 'failed', code: 'in-use' }]);
});

test('a stop ends the wait', async () => {
  lock(true);
  const { id } = rig.backups.begin({ do: 'run', plan: 'nightly' });
  await eventually('it was tried again', async () => calls('backup') > 1);
  await rig.backups.close();
  expect(rig.backups.job(id)?.state).not.toBe('running');
});
