import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DatabaseKind, databaseUser } from '../../lab/databases/database.ts';
import { mariadb } from '../../lab/databases/mariadb.ts';
import { postgresql, postgresqlFolder } from '../../lab/databases/postgresql.ts';
import { eventually } from '../../lab/eventually.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type LoneMachine, startLoneMachine } from './lone-machine.ts';
import { expectWithin, readChecked, startWriter, type Window, type Writer, windowOf } from './writer.ts';

const needs = {
  root: true,
  programs: [
    'mariadbd',
    'mariadb-install-db',
    'mariadb-check',
    'mkfs.xfs',
    'mkfs.ext4',
    'fsfreeze',
    'restic',
  ],
  paths: ['/dev/loop-control', join(postgresqlFolder, 'pg_amcheck')],
} as const;

interface Case {
  readonly kind: DatabaseKind;
  readonly fsType: 'ext4' | 'xfs';
}

/** Each database on one file system; with HOLDFAST_WHOLE=1 on both. */
const cases: readonly Case[] = isWhole
  ? [postgresql, mariadb].flatMap((kind) => (['ext4', 'xfs'] as const).map((fsType) => ({ kind, fsType })))
  : [
      { kind: postgresql, fsType: 'ext4' },
      { kind: mariadb, fsType: 'xfs' },
    ];
const rounds = isWhole ? 5 : 1;
/** Rows of each client between two acts. */
const some = isWhole ? 200 : 20;

describeWith(needs, 'a database that is written to', () => {
  /** Where backups go. */
  let elsewhere: string;
  let machine: LoneMachine;
  let started: LoneMachine | undefined;
  let writer: Writer | undefined;
  beforeEach(async () => {
    elsewhere = mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-'));
    const passwordFile = join(elsewhere, 'password');
    writeFileSync(passwordFile, 'a password', { mode: 0o600 });
    machine = await startLoneMachine(() => ({
      repositories: { nas: { url: join(elsewhere, 'repository'), passwordFile } },
      backups: { nightly: { repository: 'nas', schedule: '0 3 1 1 *' } },
    }));
    started = machine;
  });
  afterEach(async () => {
    await writer?.kill();
    writer = undefined;
    await started?.end();
    started = undefined;
    rmSync(elsewhere, { recursive: true, force: true });
  });

  async function start({ kind, fsType }: Case): Promise<Writer> {
    const owner = [`uid=${databaseUser.uid}`, `gid=${databaseUser.gid}`, 'mode=0700'];
    const options = ['size=1GiB', `fsType=${fsType}`, ...owner].flatMap((option) => ['-o', option]);
    await machine.command('volume', 'create', 'db', ...options);
    await machine.command('volume', 'mount', 'db');
    const started = await startWriter(kind, machine.mountpoint('db'));
    writer = started;
    await started.ledger.more(some);
    return started;
  }
  async function rowsOf({ kind }: Case, volume: string): Promise<readonly number[]> {
    await machine.command('volume', 'mount', volume);
    const rows = await readChecked(kind, machine.mountpoint(volume));
    await machine.command('volume', 'unmount', volume);
    return rows;
  }
  /**
   * Repeats what is refused for now, and changed nothing: a busy machine may not copy the image within the 100 ms of a freeze, and the
   * mount namespace of a neighbour may keep a copy of a mount, and so the image's loop device, until it ends.
   */
  async function patiently(...words: readonly string[]): Promise<void> {
    const end = await eventually(words.join(' '), async () => {
      const { code, err } = await machine.tryCommand(...words);
      if (code !== 0 && !/took longer than the 100 ms|loop\d+ has its image/.test(err)) return err;
      if (code !== 0) throw new Error(err);
      return 'done';
    });
    expect(end).toBe('done');
  }

  test.each(cases)(
    '$kind.name on $fsType keeps what it acknowledged in snapshots and clones',
    async (one) => {
      const { ledger } = await start(one);
      const windows: Window[] = [];
      for (let round = 0; round < rounds; round += 1) {
        if (writer === undefined) throw new Error('It has not started.');
        windows.push(await windowOf(writer, () => patiently('snapshot', 'create', `db@s${round}`)));
        await ledger.more(some);
        const now = await windowOf(writer, () => patiently('volume', 'clone', 'db', 'copy'));
        expectWithin(await rowsOf(one, 'copy'), now);
        await machine.command('volume', 'rm', 'copy');
        // xfs grows while it is written to.
        if (one.fsType === 'xfs') await machine.command('volume', 'grow', 'db', `${round + 2}GiB`);
        await ledger.more(some);
      }
      await writer?.stop();
      const last = ledger.acknowledged();
      await machine.command('volume', 'unmount', 'db');
      if (one.fsType === 'ext4') await patiently('volume', 'grow', 'db', '7GiB');
      expect(await rowsOf(one, 'db')).toEqual(last);
      // The share sees the snapshot by its rollback only.
      for (const [round, window] of isWhole ? windows.entries() : []) {
        await machine.command('volume', 'clone', `db@s${round}`, `old${round}`);
        expectWithin(await rowsOf(one, `old${round}`), window);
      }
      await patiently('volume', 'rollback', 'db@s0');
      expectWithin(await rowsOf(one, 'db'), windows[0] ?? { before: [], after: [] });
    },
  );

  if (isWhole)
    test.each(cases)('$kind.name on $fsType is restored from a backup', async (one) => {
      const running = await start(one);
      await machine.command('backup', 'init', 'nas');
      for (const volume of ['again', 'later']) {
        const window = await windowOf(running, () => machine.command('backup', 'run', 'nightly'));
        await machine.command('backup', 'prove', 'nightly');
        await machine.command('backup', 'restore', 'nas:db', volume);
        expectWithin(await rowsOf(one, volume), window);
        await machine.command('volume', 'rm', volume);
        await running.ledger.more(some);
      }
      await running.stop();
    });
});
