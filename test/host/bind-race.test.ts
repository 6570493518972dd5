import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { describeWith } from '../lab/requirements.ts';
import { removeFolder, unmountBelow } from './linux-host-under-test.ts';

describeWith(
  { root: true, programs: ['mount', 'perl'] },
  'a source that somebody swaps for a symlink',
  () => {
    test.each([
      ['in the last place', 'source'],
      ['on the way', 'source/volume'],
    ])('never makes a bind show what the symlink leads to (%s)', async (_, path) => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-race-')));
      for (const name of ['source', 'source/volume', 'secret', 'secret/volume', 'target'])
        mkdirSync(join(folder, name));
      const swap =
        'chdir shift; while (1) { rename "source", "aside"; symlink "secret", "source"; unlink "source"; rename "aside", "source"; }';
      const attacker = spawn('perl', ['-e', swap, folder], { stdio: 'ignore' });
      const host = await createLinuxHost({ systemCalls: 'auto' });
      const secret = await host.files.facts(join(folder, path.replace('source', 'secret')));
      const outcomes = { bound: 0, refused: 0 };
      const end = Date.now() + 1500;
      while (Date.now() < end) {
        try {
          await host.mounts.bind(join(folder, path), join(folder, 'target'), 'read-write');
          expect(await host.mounts.at(join(folder, 'target'))).not.toMatchObject({ inode: secret?.inode });
          await host.mounts.unmount(join(folder, 'target'));
          outcomes.bound += 1;
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(ELOOP|ENOENT|ENOTDIR|EIO)$/) });
          expect(await host.mounts.at(join(folder, 'target'))).toEqual({ kind: 'bare' });
          outcomes.refused += 1;
        }
      }
      attacker.kill('SIGKILL');
      await once(attacker, 'exit');
      await host.close();
      unmountBelow(folder);
      removeFolder(folder);
      expect(outcomes.bound).toBeGreaterThan(0);
      expect(outcomes.refused).toBeGreaterThan(0);
    });
  },
);
