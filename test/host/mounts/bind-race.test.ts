import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeWith } from '../../lab/requirements.ts';
import { removeFolder, unmountBelow } from '../linux-host-under-test.ts';

const swap =
  'chdir shift; while (1) { rename "source", "aside"; symlink "secret", "source"; unlink "source"; rename "aside", "source"; }';
const requirement = { root: true, programs: ['mount', 'perl'] } as const;

describeWith(requirement, 'a source that somebody swaps for a symlink', () => {
  let folder = '';
  let attacker: ChildProcess | undefined;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-race-')));
    for (const name of ['source/volume', 'secret/volume', 'target']) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    attacker = spawn('perl', ['-e', swap, folder], { stdio: 'ignore' });
  });
  afterEach(async () => {
    attacker?.kill('SIGKILL');
    if (attacker) await once(attacker, 'exit');
    unmountBelow(folder);
    removeFolder(folder);
  });

  test.each([
    ['as last part', 'source', 'local'],
    ['as middle part', 'source/volume', 'local'],
    ['as last part', 'source', 'on a server'],
    ['as middle part', 'source/volume', 'on a server'],
  ])(
    'never makes a bind show what the symlink leads to (%s of %s, %s)',
    async (_, path, where) => {
      const { files, mounts, remote, close } = await createLinuxHost({ systemCalls: 'auto' });
      const { bind } = where === 'local' ? mounts : remote('server');
      const [source, target] = [join(folder, path), join(folder, 'target')];
      const secret = await files.facts(join(folder, path.replace('source', 'secret')));
      const outcomes = { bound: 0, refused: 0 };
      // On a busy machine it takes longer until both were seen.
      const isEnough = () => outcomes.bound > 0 && outcomes.refused > 0;
      const begun = Date.now();
      while (Date.now() - begun < (isEnough() ? 1_500 : 60_000)) {
        const refusal = await bind(source, target, []).then(
          () => undefined,
          (error: unknown) => error,
        );
        const state = await mounts.at(target);
        if (refusal === undefined) {
          expect(state).not.toMatchObject({ inode: secret?.inode });
          await mounts.unmount(target);
          outcomes.bound += 1;
        } else {
          expect(refusal).toMatchObject({ code: expect.stringMatching(/^(ELOOP|ENOENT|ENOTDIR)$/) });
          expect(state).toEqual({ kind: 'bare' });
          outcomes.refused += 1;
        }
      }
      await close();
      expect(outcomes.bound).toBeGreaterThan(0);
      expect(outcomes.refused).toBeGreaterThan(0);
    },
    90_000,
  );
});
