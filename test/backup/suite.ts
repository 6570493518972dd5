import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isWhole as isWholeAsked } from '../lab/jest/whole.ts';
import { type BackupRig, listing, openBackupRig, password } from './rig.ts';

export interface SuiteParts {
  /** The folder of the restic to use; undefined: the installed one. */
  resticFolder(): string | undefined;
  /** Damages the data in the repository, so that a restore shows it. */
  damage(repository: string): void;
  /** Leaves the lock of a prune whose process is gone. */
  leaveLock?(repository: string): void;
  /** `few`: what only the real restic can show, unless all is asked for: each of its commands takes half a second. */
  readonly extent: 'all' | 'few';
}

/** A tree with all that a file system can have. */
function fill(root: string): void {
  chownSync(root, 999, 998);
  chmodSync(root, 0o2750);
  mkdirSync(join(root, 'sub', 'empty'), { recursive: true });
  writeFileSync(join(root, 'file'), 'content');
  linkSync(join(root, 'file'), join(root, 'sub', 'link'));
  symlinkSync('../nowhere', join(root, 'sub', 'way'));
  writeFileSync(join(root, 'run-me'), '#!/bin/sh\n', { mode: 0o755 });
  chmodSync(join(root, 'run-me'), 0o4755);
  writeFileSync(join(root, 'a [strange] *name\\?'), 'odd');
  writeFileSync(join(root, 'sparse'), 'begin');
  truncateSync(join(root, 'sparse'), 4 * 1024 * 1024);
  execFileSync('mkfifo', [join(root, 'fifo')]);
  execFileSync('mknod', [join(root, 'null'), 'c', '1', '3']);
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', join(root, 'file')]);
  execFileSync('setfattr', ['-n', 'trusted.note', '-v', '0x0001ff', join(root, 'sub')]);
  // An ACL: user 1234 may read.
  const acl = '0x0200000001000600ffffffff02000400d204000004000400ffffffff10000400ffffffff20000400ffffffff';
  execFileSync('setfattr', ['-n', 'system.posix_acl_access', '-v', acl, join(root, 'run-me')]);
  const perl = 'use Socket; socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un($ARGV[0]))';
  expect(spawnSync('perl', ['-e', perl, join(root, 'sub', 'socket')]).status).toBe(0);
  chownSync(join(root, 'sub', 'socket'), 7, 8);
  for (const path of ['file', 'sub/empty', 'sub', '']) utimesSync(join(root, path), 1e9, 1.5e9 + 0.25);
}

/** The same over the fake restic and the real one. */
export function describeBackups(
  title: string,
  { resticFolder, damage, leaveLock, extent }: SuiteParts,
): void {
  describe(title, () => {
    const isWhole = extent === 'all' || isWholeAsked;
    const testMore = isWhole ? test : () => undefined;
    let rig: BackupRig;
    const open = async (plan?: object) => {
      const folder = resticFolder();
      rig = await openBackupRig({
        ...(folder === undefined ? {} : { resticFolder: folder }),
        ...(plan && { plan }),
      });
      fill(rig.driver.add('db', { size: '1GiB', readOnly: 'true' }));
      await rig.task({ do: 'init', repository: 'nas' });
    };
    // A part is nearly all of them, so that each kind of file is in it.
    beforeEach(() => open({ proveShare: 99 }));
    afterEach(() => rig.close());
    const run = (more = {}) => rig.task({ do: 'run', plan: 'nightly', ...more });
    const listed = async () => (await rig.backups.list()).backups;
    const restore = (name: string, backup = 'db', driver = 'holdfast') =>
      rig.task({ do: 'restore', repository: 'nas', backup, driver, name, options: {} });

    test('a volume is backed up, listed, proven, and restored with all that it had', async () => {
      expect(await run()).toMatchObject({ state: 'done', results: [{ outcome: 'ok', volume: 'db' }] });
      const [backup] = await listed();
      expect(backup).toMatchObject({
        ...{ repository: 'nas', plan: 'nightly', driver: 'holdfast', volume: 'db', host: 'host-a' },
        ...{ consistency: 'unmounted', entries: 12, unsettled: 0 },
      });
      expect(backup?.proof).toBeUndefined();
      const proven = await rig.task({ do: 'prove', plan: 'nightly' });
      expect(proven).toMatchObject({ state: 'done', results: [{ outcome: 'ok', backup: backup?.id }] });
      expect((await listed())[0]?.proof).toMatchObject({ outcome: 'good', extent: 'whole' });
      // The first was of all files; the next one is of a part of them.
      expect((await rig.task({ do: 'prove', plan: 'nightly' })).results[0]?.message).toContain(
        'a part of it',
      );
      const restored = await restore('copy');
      expect(restored).toMatchObject({ state: 'done', results: [{ outcome: 'ok', volume: 'copy' }] });
      expect(restored.results[0]?.message).toContain('was read-only, and can be written now');
      expect(listing(rig.driver.data('copy'))).toBe(listing(rig.driver.data('db')));
      expect(statSync(join(rig.driver.data('copy'), 'sparse')).blocks).toBeLessThan(2048);
      expect((await rig.driver.get('copy' as never))?.volume).toMatchObject({ options: { size: '1GiB' } });
      // Nothing is left beside what is meant to be kept.
      expect(readdirSync(join(rig.folder, 'state', 'work'))).toEqual([]);
      expect(readdirSync(join(rig.folder, 'state', 'scratch'))).toEqual([]);
    });

    testMore('a restore makes a new volume, also of another backend and on an empty host', async () => {
      await run();
      expect(await restore('db')).toMatchObject({
        state: 'failed',
        error: { code: 'conflict', message: expect.stringContaining('a restore makes a new volume') },
      });
      expect(await restore('db', 'db', 'shared')).toMatchObject({
        state: 'done',
        results: [
          {
            message: expect.stringContaining(
              'Options of the backup that driver shared does not take were left out',
            ),
          },
        ],
      });
      expect(listing(rig.other.data('db'))).toBe(listing(rig.driver.data('db')));
      rmSync(join(rig.folder, 'state'), { recursive: true });
      rig = await rig.reopen();
      const [backup] = await listed();
      expect(await restore('again', backup?.id.slice(0, 6))).toMatchObject({ state: 'done' });
      expect(await restore('more', 'dbb')).toMatchObject({
        error: {
          code: 'not-found',
          message: expect.stringContaining('no backup "dbb". See `holdfast backup ls`'),
        },
      });
    });

    testMore('damaged data is not proven, and is never restored in part', async () => {
      await run();
      damage(rig.repository);
      const { results } = await rig.task({ do: 'prove', plan: 'nightly', whole: true });
      expect(results).toMatchObject([{ outcome: 'failed', volume: 'db' }]);
      expect(rig.events.map(([event]) => event)).toContain(
        results[0]?.backup ? 'backup-not-proven' : 'backup-failed',
      );
      expect(await restore('copy')).toMatchObject({ state: 'failed', error: { code: 'failed' } });
      expect(await rig.driver.get('copy' as never)).toBeUndefined();
      expect(readdirSync(join(rig.folder, 'holdfast'))).toEqual(['db']);
    });

    testMore('a wrong password and a missing repository are named, and no secret is shown', async () => {
      const wrong = 'hunter2-hunter2';
      writeFileSync(join(rig.folder, 'password'), wrong);
      const { failures } = await rig.backups.list();
      expect(failures).toMatchObject([
        { message: expect.stringContaining('wrong password or no key found') },
      ]);
      writeFileSync(join(rig.folder, 'password'), password);
      chmodSync(join(rig.folder, 'password'), 0o644);
      expect((await rig.backups.list()).failures[0]?.message).toMatch(
        /other users can read .*chmod o=.*`\.$/,
      );
      chmodSync(join(rig.folder, 'password'), 0o600);
      expect(await rig.task({ do: 'init', repository: 'nas' })).toMatchObject({
        error: {
          message: expect.stringMatching(/already exists\. If there is one .*`holdfast backup ls`\.$/),
        },
      });
      rmSync(rig.repository, { recursive: true });
      expect(await run()).toMatchObject({
        state: 'failed',
        error: {
          message: expect.stringMatching(
            /restic said: [^\n]*\. If there is [^\n]*holdfast backup init nas`\.$/,
          ),
        },
      });
      const all = JSON.stringify([rig.events, rig.calls, failures]);
      expect(all).not.toContain(wrong);
      expect(all).not.toContain(password);
    });

    testMore('a password command that does not end is ended, and said to be the reason', async () => {
      await run();
      const other = await rig.reopen(undefined, { passwordCommand: 'sh -c "sleep 300; echo late"' });
      const { failures } = await other.backups.list();
      expect(failures).toMatchObject([
        { message: expect.stringContaining('the password command has not ended within 1 s') },
      ]);
      rig = await other.reopen(undefined, { passwordCommand: `cat ${join(other.folder, 'password')}` });
      expect(await rig.backups.list()).toMatchObject({ failures: [], backups: [{ volume: 'db' }] });
    });

    testMore(
      'one volume that fails does not stop the others, and is in use only if that is accepted',
      async () => {
        rig.other.add('web');
        rig.driver.shows = 'in use';
        const { state, results } = await run();
        expect(state).toBe('done');
        expect(results).toMatchObject([
          { outcome: 'failed', volume: 'db', code: 'in-use' },
          { outcome: 'ok', volume: 'web' },
        ]);
        expect((await run({ volumes: ['db'], whileInUse: true })).results).toMatchObject([{ outcome: 'ok' }]);
        expect((await listed())[0]).toMatchObject({ volume: 'db', consistency: 'live' });
      },
    );

    testMore('an interrupted backup is not listed, and what a killed restic locked is unlocked', async () => {
      const { id } = rig.backups.begin({ do: 'run', plan: 'nightly' });
      while (!rig.calls.some((call) => call.startsWith('restic backup')))
        await new Promise((resolve) => setTimeout(resolve, 5));
      await rig.backups.close();
      expect(rig.backups.job(id)).toMatchObject({ state: 'failed', error: { code: 'timeout' } });
      rig = await rig.reopen();
      expect(await listed()).toEqual([]);
      leaveLock?.(rig.repository);
      expect(await run()).toMatchObject({ state: 'done', results: [{ outcome: 'ok' }] });
      // Two days later, what the interrupted one may have left goes too.
      rig.clock += 2 * 86_400_000;
      expect(await rig.task({ do: 'prune', plan: 'nightly' })).toMatchObject({ state: 'done' });
      expect(await rig.task({ do: 'check', repository: 'nas' })).toMatchObject({ state: 'done' });
      expect(await listed()).toHaveLength(1);
    });

    testMore('what is superfluous is deleted once a newer one is proven, and not before', async () => {
      rig = await rig.reopen({ keepLast: 1 });
      await run();
      await run();
      rig.clock = Date.now();
      const prune = () => rig.task({ do: 'prune', plan: 'nightly' });
      await prune();
      expect(await listed()).toHaveLength(2);
      await rig.task({ do: 'prove', plan: 'nightly' });
      expect(await rig.backups.foresee({ do: 'prune', plan: 'nightly' })).toHaveLength(1);
      const [latest] = await listed();
      expect((await prune()).results).toHaveLength(1);
      expect((await listed()).map(({ id }) => id)).toEqual([latest?.id]);
      expect(await restore('copy')).toMatchObject({ state: 'done' });
      expect(readFileSync(join(rig.driver.data('copy'), 'file'), 'utf8')).toBe('content');
    });
  });
}
