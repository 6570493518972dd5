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
const asked = ['snapshots'];
const unlocked = ['snapshots', 'unlock'];
const kept = ['backup'];

describe('restic is started', () => {
  test('once for a volume, where this host remembers the earlier backup', async () => {
    expect(await started(() => run('db'))).toEqual([...asked, ...kept]);
    expect(await started(async () => expect(await run('db')).toMatchObject(isDone))).toEqual(kept);
    expect(parents()).toBe(1);
    // A volume that is older than what this host remembers may have an earlier backup.
    expect(await started(() => run('db', 'web'))).toEqual([...asked, ...kept, ...kept]);
    expect(await started(() => run('db', 'web'))).toEqual([...kept, ...kept]);
    expect((await rig.backups.list()).backups).toHaveLength(6);
  });
  test('once more for a manifest that is not ready by then, and both kinds of backup follow each other', async () => {
    await run('db');
    rig = await rig.reopen(undefined, { manifests: 'late' });
    expect(await started(() => run('db'))).toEqual([...kept, ...kept]);
    expect(parents()).toBe(1);
    // The manifest follows what restic has read: 5 bytes, then all.
    expect(rig.limits).toEqual([2 ** 28 + 5, Number.POSITIVE_INFINITY]);
    rig = await rig.reopen(undefined, { manifests: 'ready' });
    expect(await started(() => run('db'))).toEqual(kept);
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
  test('once for the first backup of a volume that is younger than what this host remembers', async () => {
    rig.driver.add('new', {}, new Date(rig.clock + 1000));
    expect(await started(() => run('new'))).toEqual(kept);
    expect(parents()).toBe(0);
    // Another plan may have kept it in the same repository.
    const state = join(rig.folder, 'state/state.json');
    writeFileSync(state, readFileSync(state, 'utf8').replace('nightly holdfast new', 'weekly holdfast new'));
    rig = await rig.reopen();
    expect(await started(() => run('new'))).toEqual([...asked, ...kept]);
    expect(parents()).toBe(1);
    // What this host remembered is lost.
    rmSync(state);
    rig.clock += 60_000;
    rig = await rig.reopen();
    expect(await started(() => run('new'))).toEqual([...asked, ...kept]);
    expect(parents()).toBe(1);
  });
  test('to ask first for the first backup of a volume that other hosts see', async () => {
    await rig.close();
    rig = await openBackupRig({ resticFolder: folder, scope: 'global' });
    await rig.task({ do: 'init', repository: 'nas' });
    writeFileSync(join(rig.driver.add('new', {}, new Date(rig.clock + 1000)), 'file'), 'content');
    expect(await started(() => run('new'))).toEqual([...asked, ...kept]);
  });
  test('to remove stale locks by a prune', async () => {
    await run('db');
    leaveLock();
    expect(await started(() => rig.task({ do: 'prune', plan: 'nightly' }))).toEqual(unlocked);
    expect(readdirSync(place('locks'))).toEqual([]);
  });
  test('again after its lock was refused, or if the earlier backup is gone', async () => {
    await run('db');
    leaveLock();
    const work = async () => expect(await run('db')).toMatchObject(isDone);
    expect(await started(work)).toEqual(['backup', ...unlocked, ...kept]);
    for (const id of readdirSync(place('snapshots'))) rmSync(place('snapshots', id));
    expect(await started(work)).toEqual(['backup', ...unlocked, ...kept]);
    expect((await rig.backups.list()).backups).toHaveLength(1);
    // Also if the repository was asked beforehand.
    leaveLock();
    expect(await started(() => run('web'))).toEqual([...asked, 'backup', ...unlocked, ...kept]);
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
