import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import type { FollowedPrograms } from '../../src/host/host.ts';
import { standardSearchPath } from '../../src/host/run-command.ts';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const folder = fakeResticFolder();
afterAll(() => rmSync(folder, { recursive: true }));

let rig: BackupRig;
/** What the user of the volume does before the first restic that reads it has ended. */
let meanwhile: (root: string) => void;
beforeEach(async () => {
  meanwhile = () => undefined;
  const real = createFollowedPrograms(`${folder}:${standardSearchPath}`);
  const programs: FollowedPrograms = {
    async follow(program, args, how, signal) {
      const end = await real.follow(program, args, how, signal);
      if (!args.includes('kind=data')) return end;
      meanwhile(rig.driver.data('db'));
      rmSync(join(rig.repository, 'missed'), { force: true });
      return end;
    },
  };
  rig = await openBackupRig({ programs });
  const root = rig.driver.add('db');
  mkdirSync(join(root, 'sub'));
  for (const path of ['rows', 'sub/one', 'sub/two']) writeFileSync(join(root, path), path);
  await rig.task({ do: 'init', repository: 'nas' });
  rig.driver.shows = 'in use';
});
afterEach(() => rig.close());

const run = (whileInUse: boolean) => rig.task({ do: 'run', plan: 'nightly', whileInUse });
const missing = (...paths: readonly string[]) =>
  writeFileSync(join(rig.repository, 'missed'), paths.map((path) => `data/${path}`).join('\n'));
const listed = async () => (await rig.backups.list()).backups;

describe('a volume that is in use', () => {
  test('is backed up although files are deleted while restic reads it, and its backup is good', async () => {
    missing('sub/one', 'sub/two');
    meanwhile = (root) => rmSync(join(root, 'sub', 'one'));
    // Deleted, and written again by the time it is looked at.
    const second = meanwhile;
    meanwhile = (root) => {
      second(root);
      rmSync(join(root, 'sub', 'two'));
      writeFileSync(join(root, 'sub', 'two'), 'again');
    };
    expect((await run(true)).results).toMatchObject([{ outcome: 'ok' }]);
    expect(await listed()).toMatchObject([{ consistency: 'live', unsettled: 3 }]);
    expect((await rig.task({ do: 'prove', plan: 'nightly' })).results).toMatchObject([{ outcome: 'ok' }]);
  });

  test('is not backed up if restic could not read a file that has not changed', async () => {
    missing('sub/one');
    expect((await run(true)).results).toMatchObject([
      { outcome: 'failed', message: expect.stringContaining('could not read 1 of its files') },
    ]);
    expect(await listed()).toEqual([]);
  });

  test('is not backed up if only one that nobody uses was to be read', async () => {
    rig.driver.shows = 'live';
    missing('sub/one');
    meanwhile = (root) => rmSync(join(root, 'sub', 'one'));
    expect((await run(false)).results).toMatchObject([{ outcome: 'failed', code: 'in-use' }]);
    rig.driver.shows = 'unmounted';
    missing('rows');
    expect((await run(false)).results).toMatchObject([
      { outcome: 'failed', message: expect.stringContaining('at least one source file could not be read') },
    ]);
    expect(await listed()).toEqual([]);
  });
});
