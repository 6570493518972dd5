import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { fakeResticFolder } from './rig.ts';
import { describeBackups } from './suite.ts';

let folder = '';
beforeAll(() => {
  folder = fakeResticFolder();
});
afterAll(() => rmSync(folder, { recursive: true }));

describeWith({ root: true, programs: ['setfattr', 'getfattr', 'fallocate', 'perl'] }, 'backups', () => {
  describeBackups('by a stand-in for restic', {
    extent: 'all',
    resticFolder: () => folder,
    leaveLock(repository) {
      const { pid } = spawnSync('true');
      writeFileSync(join(repository, 'locks', 'left'), JSON.stringify({ pid, isExclusive: true }));
    },
    damage(repository) {
      for (const id of readdirSync(join(repository, 'data'))) {
        const file = join(repository, 'data', id, 'data', 'file');
        if (readdirSync(join(repository, 'data', id)).includes('data')) writeFileSync(file, 'CONTENT');
      }
    },
  });
});
