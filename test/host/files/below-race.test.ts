import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FilesBelow, Host } from '../../../src/host/host.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeWith } from '../../lab/requirements.ts';
import { removeFolder } from '../linux-host-under-test.ts';

/** Replaces the directory by a symlink to another, and back, again and again. */
const swap =
  'chdir shift; while (1) { rename "way", "aside"; symlink "../secret", "way"; unlink "way"; rename "aside", "way"; }';
const owner = { uid: 0, gid: 0, mode: 0o755 };

describeWith({ root: true, programs: ['perl'] }, 'a directory that somebody swaps for a symlink', () => {
  let folder = '';
  let host: Host;
  let attacker: ChildProcess;
  const at = (name: string) => join(folder, name);
  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-race-')));
    for (const name of ['root/way/directory', 'secret/directory']) mkdirSync(at(name), { recursive: true });
    writeFileSync(at('root/way/file'), 'ours');
    writeFileSync(at('secret/file'), 'secret');
    host = await createLinuxHost({ systemCalls: 'auto' });
    attacker = spawn('perl', ['-e', swap, at('root')], { stdio: 'ignore' });
  });
  afterEach(async () => {
    attacker.kill('SIGKILL');
    await once(attacker, 'exit');
    await host.close();
    removeFolder(folder);
  });

  test.each<[string, (files: FilesBelow) => Promise<unknown>]>([
    [
      'shows what is in the other (read)',
      async (files) => expect(await files.readText(at('root/way/file'))).not.toBe('secret'),
    ],
    [
      'shows what is in the other (list)',
      async (files) => expect((await files.list(at('root/way'))) ?? []).not.toContain('only'),
    ],
    ['has anything written there', (files) => files.writeText(at('root/way/new'), '', 'replace')],
    ['has a directory made there', (files) => files.makeDirectory(at('root/way/new/sub'))],
    ['has a directory of an owner made there', (files) => files.createDirectory(at('root/way/new'), owner)],
    [
      'has anything moved there',
      async (files) => {
        await files.writeText(at('root/moved'), '', 'replace');
        await files.rename(at('root/moved'), at('root/way/new'));
      },
    ],
    [
      'has anything removed there',
      async (files) => {
        await files.removeFile(at('root/way/file'));
        await files.removeDirectory(at('root/way/directory'));
      },
    ],
    [
      'has a tree removed there',
      (files) => files.removeTree(at('root/way/directory'), AbortSignal.timeout(100_000)),
    ],
    [
      'has its owner changed there',
      (files) => files.setOwner(at('root/way/directory'), { uid: 1, gid: 1, mode: 0o700 }),
    ],
  ])('never %s', async (_, act) => {
    writeFileSync(at('secret/only'), '');
    const files = host.files.below(at('root'));
    const outcomes = { done: 0, refused: 0 };
    for (const end = Date.now() + 1000; Date.now() < end; ) {
      await act(files).then(
        () => {
          outcomes.done += 1;
        },
        (error) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(EFTYPE|ENOENT|EEXIST|ENOTDIR)$/) });
          outcomes.refused += 1;
        },
      );
    }
    expect(outcomes.done).toBeGreaterThan(0);
    expect(readdirSync(at('secret')).sort()).toEqual(['directory', 'file', 'only']);
    expect(readFileSync(at('secret/file'), 'utf8')).toBe('secret');
    expect(await host.files.facts(at('secret/directory'))).toMatchObject({ uid: 0, mode: 0o755 });
  });
});
