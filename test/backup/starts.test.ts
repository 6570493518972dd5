import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const folder = fakeResticFolder();
afterAll(() => rmSync(folder, { recursive: true }));

let rig: BackupRig;
beforeEach(async () => {
  rig = await openBackupRig({ resticFolder: folder, plan: { keepLast: 9 } });
  for (const name of ['db', 'web']) writeFileSync(join(rig.driver.add(name), 'file'), 'content');
  await rig.task({ do: 'init', repository: 'nas' });
});
afterEach(() => rig.close());

const run = (...volumes: string[]) => rig.task({ do: 'run', plan: 'nightly', volumes });
/** The commands of restic that the work started. */
async function started(work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = rig.calls.length;
  await work();
  return rig.calls.slice(before).map((call) => call.split(' ')[1] ?? '');
}
const parents = () => rig.calls.filter((call) => call.includes('--parent')).length;
const place = (...parts: string[]) => join(rig.repository, ...parts);
const leaveLock = () =>
  writeFileSync(place('locks', 'left'), JSON.stringify({ pid: spawnSync('true').pid, isExclusive: true }));
const isDone = { state: 'done', results: [{ outcome: 'ok' }] };
const asked = ['snapshots', 'unlock'];
const kept = ['backup'];

describe('restic is started', () => {
  test('once for a volume, where this host remembers the earlier backup', async () => {
    expect(await started(() => run('db'))).toEqual([...asked, ...kept]);
    expect(await started(async () => expect(await run('db')).toMatchObject(isDone))).toEqual(kept);
    expect(parents()).toBe(1);
    // A volume without an earlier backup may have one of another host.
    expect(await started(() => run('db', 'web'))).toEqual([...asked, ...kept, ...kept]);
    expect(await started(() => run('db', 'web'))).toEqual([...kept, ...kept]);
    expect((await rig.backups.list()).backups).toHaveLength(6);
  });
  test('once more for a manifest that is not ready by then, and both kinds of backup follow each other', async () => {
    await run('db');
    rig = await rig.reopen(undefined, { manifests: 'late' });
    expect(await started(() => run('db'))).toEqual([...asked, ...kept, ...kept]);
    expect(parents()).toBe(1);
    rig = await rig.reopen(undefined, { manifests: 'ready' });
    expect(await started(() => run('db'))).toEqual([...asked, ...kept]);
    expect(parents()).toBe(1);
    const { backups } = await rig.backups.list();
    expect(backups.map(({ entries }) => entries)).toEqual([2, 2, 2]);
    for (const { id: backup } of backups.slice(0, 2)) {
      const name = `from-${backup}`;
      const task = {
        do: 'restore',
        repository: 'nas',
        backup,
        driver: 'holdfast',
        name,
        options: {},
      } as const;
      expect(await rig.task(task)).toMatchObject(isDone);
      expect(readdirSync(join(rig.driver.data(name), '..'))).toEqual(['data']);
      expect(readFileSync(join(rig.driver.data(name), 'file'), 'utf8')).toBe('content');
    }
  });
  test('to remove stale locks in the first run of a daemon, after a restic that ended badly, and by a prune', async () => {
    await run('db');
    rig = await rig.reopen();
    expect(await started(() => run('db'))).toEqual([...asked, ...kept]);
    const password = readFileSync(join(rig.folder, 'password'));
    writeFileSync(join(rig.folder, 'password'), 'wrong');
    await rig.backups.list();
    writeFileSync(join(rig.folder, 'password'), password);
    expect(await started(() => run('db'))).toEqual([...asked, ...kept]);
    expect(await started(() => run('db'))).toEqual(kept);
    leaveLock();
    expect(await started(() => rig.task({ do: 'prune', plan: 'nightly' }))).toEqual(asked);
    expect(readdirSync(place('locks'))).toEqual([]);
  });
  test('again after its lock was refused, or if the earlier backup is gone', async () => {
    await run('db');
    leaveLock();
    const work = async () => expect(await run('db')).toMatchObject(isDone);
    expect(await started(work)).toEqual(['backup', ...asked, ...kept]);
    for (const id of readdirSync(place('snapshots'))) rmSync(place('snapshots', id));
    expect(await started(work)).toEqual(['backup', ...asked, ...kept]);
    expect((await rig.backups.list()).backups).toHaveLength(1);
  });
  test('no more for a repository that does not answer, and every volume says so', async () => {
    await run('db', 'web');
    rmSync(rig.repository, { recursive: true });
    const work = async () => {
      const { results } = await run('db', 'web');
      expect(results.map(({ outcome, volume }) => [outcome, volume])).toEqual([
        ['failed', 'db'],
        ['failed', 'web'],
      ]);
      for (const { message } of results) expect(message).toContain('holdfast backup init nas');
    };
    expect(await started(work)).toEqual(['backup', 'snapshots']);
  });
  test('no second time for data that it has begun to read', async () => {
    await run('db');
    writeFileSync(place('data-is-full'), '');
    const work = async () =>
      expect((await run('db')).results).toMatchObject([
        { outcome: 'failed', message: expect.stringContaining('no space left') },
      ]);
    expect(await started(work)).toEqual(['backup']);
  });
});
