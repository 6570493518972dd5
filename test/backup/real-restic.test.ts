import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import { isWhole } from '../lab/jest/whole.ts';
import { describeWith } from '../lab/requirements.ts';
import { openBackupRig } from './rig.ts';
import { describeBackups } from './suite.ts';

const programs = ['restic', 'setfattr', 'getfattr', 'fallocate', 'perl'];
describeWith({ root: true, programs }, 'backups', () => {
  const testWhole = isWhole ? test : () => undefined;
  describeBackups('by restic', {
    resticFolder: () => undefined,
    extent: 'few',
    /** Without its index nothing is found, and at once; a missing pack is looked for again and again. */
    damage: (repository) => rmSync(join(repository, 'index'), { recursive: true }),
  });

  testWhole(
    'whose tree is damaged in the repository are not proven, although this host has it in its cache',
    async () => {
      const rig = await openBackupRig();
      try {
        writeFileSync(join(rig.driver.add('db'), 'file'), 'content');
        await rig.task({ do: 'init', repository: 'nas' });
        await rig.task({ do: 'run', plan: 'nightly' });
        const prove = () => rig.task({ do: 'prove', plan: 'nightly' });
        expect((await prove()).results).toMatchObject([{ outcome: 'ok' }]);
        const cache = join(rig.folder, 'state', 'restic', 'cache');
        const cached = readdirSync(cache, { recursive: true, encoding: 'utf8' });
        const trees = cached.filter((path) => /\/data\/..\/[0-9a-f]{64}$/.test(path));
        expect(trees).not.toEqual([]);
        for (const path of trees) {
          const place = join(rig.repository, 'data', path.slice(-67));
          const bytes = readFileSync(place);
          chmodSync(place, 0o600);
          writeFileSync(place, bytes.fill(0));
        }
        expect((await prove()).results).toMatchObject([{ outcome: 'failed' }]);
        expect((await rig.backups.list()).backups[0]?.proof).toBeUndefined();
      } finally {
        await rig.close();
      }
    },
  );

  testWhole('of files that are deleted while restic reads are good', async () => {
    const { follow } = createFollowedPrograms();
    let root = '';
    const rig = await openBackupRig({
      programs: {
        follow(program, args, how, signal) {
          // It tells its progress once in a second, and by then has seen which files there are.
          const line = (text: string) => {
            rmSync(join(root, 'sub', 'z'), { recursive: true, force: true });
            how.line(text);
          };
          return follow(program, args, args.includes('kind=data') ? { ...how, line } : how, signal);
        },
      },
    });
    try {
      root = rig.driver.add('db');
      mkdirSync(join(root, 'sub', 'z'), { recursive: true });
      writeFileSync(join(root, 'sub', 'a'), randomBytes(200 * 1024 * 1024));
      for (let count = 0; count < 500; count += 1)
        writeFileSync(join(root, 'sub', 'z', `${count}`), 'temporary');
      await rig.task({ do: 'init', repository: 'nas' });
      rig.driver.shows = 'in use';
      const run = { do: 'run', plan: 'nightly', whileInUse: true } as const;
      expect((await rig.task(run)).results).toMatchObject([{ outcome: 'ok' }]);
      const unsettled = (await rig.backups.list()).backups[0]?.unsettled;
      expect(unsettled).toBeGreaterThan(500);
      const proven = await rig.task({ do: 'prove', plan: 'nightly' });
      expect(proven.results).toMatchObject([{ outcome: 'ok' }]);
    } finally {
      await rig.close();
    }
  });
});
