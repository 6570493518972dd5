import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { shellWords } from '../../docs/command-line.ts';
import { fencesOf, readPage } from '../../docs/pages.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type LoneMachine, startLoneMachine } from './lone-machine.ts';

const programs = ['mkfs.xfs', 'mkfs.ext4', 'e2fsck', 'resize2fs', 'fsfreeze', 'chattr'];
const page = readPage('docs/protect.md');

/** The lines of all examples under a heading. */
function linesUnder(heading: string): readonly string[] {
  const [, section = ''] = page.text.split(`## ${heading}\n`);
  const text = section.split('\n## ')[0] ?? '';
  return fencesOf({ ...page, text }).flatMap((fence) => fence.text.trim().split('\n'));
}

describeWith(
  { root: true, programs, paths: ['/dev/loop-control'] },
  'the commands of docs/protect.md',
  () => {
    let machine: LoneMachine;
    beforeEach(async () => {
      machine = await startLoneMachine();
    });
    afterEach(() => machine.end());

    /** Runs a line as an operator. Docker's line becomes a `holdfast volume create` with the same options. */
    async function type(line: string): Promise<string> {
      const [program, ...words] = shellWords(
        line.replace('docker volume create --driver holdfast', 'holdfast volume create'),
      );
      expect(program).toBe('holdfast');
      return machine.command(...words);
    }
    async function write(volume: string, text: string): Promise<void> {
      await machine.command('volume', 'mount', volume);
      writeFileSync(join(machine.mountpoint(volume), 'file'), text);
      await machine.command('volume', 'unmount', volume);
    }
    async function read(volume: string): Promise<string> {
      await machine.command('volume', 'mount', volume);
      const text = readFileSync(join(machine.mountpoint(volume), 'file'), 'utf8');
      await machine.command('volume', 'unmount', volume);
      return text;
    }

    test.each([[[]], [['-o', 'size=1GiB']]])(
      'before an upgrade, with a volume made with %j',
      async (options) => {
        await machine.command('volume', 'create', 'db', ...options);
        await write('db', 'first');
        const [create = '', ls = '', rollback = '', rm = '', undelete = '', undeleteAs = '', ...rest] =
          linesUnder('Before an upgrade');
        const [drop = '', ...more] = rest;
        expect(more).toEqual([]);
        await type(create);
        expect(await type(ls)).toContain('db@before');
        await write('db', 'second');
        const told = await type(rollback);
        expect(await read('db')).toBe('first');
        const id = /--id ([0-9a-f]{16})/.exec(told)?.[1] ?? '';
        await type(rm);
        await type(undelete.replace(/[0-9a-f]{16}$/, id));
        expect(await read('db')).toBe('second');
        // The other one is the one that was removed in between.
        const { removed } = JSON.parse(await machine.command('volume', 'ls', '--removed', '--json'));
        expect(removed).toHaveLength(1);
        await type(undeleteAs.replace(/[0-9a-f]{16}/, removed[0].id));
        expect(await read('db-upgraded')).toBe('first');
        expect(await read('db')).toBe('second');
        // The restored volume has no snapshots: they belong to the removed one.
        await machine.command('snapshot', 'create', 'db@before');
        await type(drop);
        // The other one came back with its snapshot.
        expect(await machine.command('snapshot', 'ls')).toMatch(/^.*\n\S+ +db-upgraded@before .*$/);
      },
    );

    test('a copy to try something', async () => {
      await machine.command('volume', 'create', 'db', '-o', 'size=1GiB');
      await write('db', 'first');
      await machine.command('snapshot', 'create', 'db@before');
      await write('db', 'second');
      const lines = linesUnder('A copy to try something');
      expect(lines).toHaveLength(4);
      for (const [index, line] of lines.entries()) {
        if (index === 2) for (const name of ['copy', 'old']) await machine.command('volume', 'rm', name);
        await type(line);
        const isOld = line.endsWith(' old');
        expect(await read(isOld ? 'old' : 'copy')).toBe(isOld ? 'first' : 'second');
      }
    });

    test('making a volume larger, of each file system', async () => {
      const [grow = '', ...more] = linesUnder('Making a volume larger');
      expect(more).toEqual([]);
      for (const fsType of ['ext4', 'xfs']) {
        await machine.command('volume', 'create', 'db', '-o', 'size=1GiB', '-o', `fsType=${fsType}`);
        await write('db', fsType);
        expect(await type(grow)).toBe('Volume db has 20GiB now.');
        expect(await read('db')).toBe(fsType);
        await machine.command('volume', 'rm', 'db');
      }
    });
  },
);
