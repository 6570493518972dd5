import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '../lab/requirements.ts';
import { describeBackups } from './suite.ts';

const programs = ['restic', 'setfattr', 'getfattr', 'fallocate', 'perl'];
describeWith({ root: true, programs }, 'backups', () => {
  describeBackups('by restic', {
    resticFolder: () => undefined,
    extent: 'few',
    /** Without its index nothing is found, and at once; a missing pack is looked for again and again. */
    damage: (repository) => rmSync(join(repository, 'index'), { recursive: true }),
  });
});
