import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import { standardSearchPath } from '../../src/host/run-command.ts';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const day = 86_400_000;
const folder = fakeResticFolder();
afterAll(() => rmSync(folder, { recursive: true }));

let rig: BackupRig;
beforeEach(async () => {
  rig = await openBackupRig({ resticFolder: folder, plan: { keepLast: 1, proveShare: 1 } });
  const root = rig.driver.add('db');
  for (let count = 0; count < 20; count += 1) writeFileSync(join(root, `file-${count}`), 'content');
  await rig.task({ do: 'init', repository: 'nas' });
  await run();
});
afterEach(() => rig.close());

const run = () => rig.task({ do: 'run', plan: 'nightly' });
const prove = async (whole?: true) => {
  rig.clock = Date.now() + 1000;
  return (await rig.task({ do: 'prove', plan: 'nightly', ...(whole && { whole }) })).results[0]?.outcome;
};
const listed = async () => (await rig.backups.list()).backups;
const outcomes = async () => (await listed()).map(({ proof }) => proof?.outcome);
const snapshots = join('repository', 'snapshots');
const place = (...parts: readonly string[]) => join(rig.folder, ...parts);
/** The IDs of the snapshots, the newest first. */
const ids = () =>
  readdirSync(place(snapshots))
    .map((id) => ({ id, ...JSON.parse(readFileSync(place(snapshots, id), 'utf8')) }))
    .sort((a, b) => (a.time < b.time ? 1 : -1))
    .map(({ id }) => String(id));

describe('a proof', () => {
  test('that was bad is not made good by a part that is', async () => {
    expect(await prove()).toBe('ok');
    await run();
    writeFileSync(place('repository', 'data', ids()[0] ?? '', 'data', 'file-7'), 'damaged');
    expect(await prove(true)).toBe('failed');
    for (let count = 0; count < 3; count += 1) expect(await prove()).toBe('failed');
    expect(await outcomes()).toEqual(['bad', 'good']);
    expect(await rig.backups.foresee({ do: 'prune', plan: 'nightly' })).toEqual([]);
    // As after a repair of the repository.
    writeFileSync(place('repository', 'data', ids()[0] ?? '', 'data', 'file-7'), 'content');
    expect((await rig.task({ do: 'prove', plan: 'nightly' })).results[0]?.message).toContain('all of it');
  });

  test('takes all from the repository, and nothing from what this host keeps of it', async () => {
    const caches: string[] = [];
    const { follow } = createFollowedPrograms(`${folder}:${standardSearchPath}`);
    rig = await rig.reopen(undefined, {
      programs: {
        follow(program, args, how, signal) {
          if (args[0] === 'restore') caches.push(how.environment.RESTIC_CACHE_DIR ?? '');
          return follow(program, args, how, signal);
        },
      },
    });
    expect(await prove()).toBe('ok');
    const scratch = place('state', 'scratch');
    expect(caches.map((path) => path.startsWith(scratch))).toEqual([true, true]);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('does not count any more once the backup cannot be restored', async () => {
    await run();
    expect(await prove()).toBe('ok');
    expect(await outcomes()).toEqual(['good', undefined]);
    expect(await rig.backups.foresee({ do: 'prune', plan: 'nightly' })).toHaveLength(1);
    const [latest = ''] = ids();
    const kept = readFileSync(place(snapshots, latest));
    rmSync(place('repository', 'data', latest), { recursive: true });
    expect(await prove()).toBe('failed');
    expect(await outcomes()).toEqual([undefined, undefined]);
    expect(rig.events.map(([event]) => event)).toContain('backup-failed');
    expect(await rig.backups.foresee({ do: 'prune', plan: 'nightly' })).toEqual([]);
    expect(readFileSync(place(snapshots, latest))).toEqual(kept);
  });

  test('is of the latest backup, and not of one of the future, whose clock was wrong', async () => {
    const [first = ''] = ids();
    const wrong = JSON.parse(readFileSync(place(snapshots, first), 'utf8'));
    const future = 'f'.repeat(64);
    const tags = wrong.tags.map((tag: string) => (tag.startsWith('run=') ? `run=${'f'.repeat(16)}` : tag));
    const time = new Date(Date.now() + 400 * day).toISOString();
    writeFileSync(place(snapshots, future), JSON.stringify({ ...wrong, time, tags }));
    mkdirSync(place('repository', 'data', future));
    expect(await prove()).toBe('ok');
    expect(await outcomes()).toEqual([undefined, 'good']);
    const restored = { do: 'restore', repository: 'nas', name: 'copy', options: {} } as const;
    expect(await rig.task({ ...restored, backup: 'db' })).toMatchObject({
      error: { code: 'invalid', message: expect.stringMatching(/of the future.* by its ID: f{16} .* or /) },
    });
    const [, { id = '' } = {}] = await listed();
    expect(await rig.task({ ...restored, backup: id })).toMatchObject({ state: 'done' });
  });
});
