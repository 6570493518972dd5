import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FormattedType, mkfsFlags } from '../../../../src/backends/ebs/disk/known-mkfs-options.ts';
import { mkfsWords } from '../../../../src/backends/ebs/disk/mkfs-options.ts';
import { VolumeError } from '../../../../src/core/volume-error.ts';
import { describeWith } from '../../../lab/requirements.ts';

const types = ['ext4', 'xfs'] as const;

/** Each flag alone, with each of its keywords, and with an example of each value. */
function examplesOf(type: FormattedType): readonly string[] {
  return [...mkfsFlags[type]].flatMap(([flag, rule]) => {
    if (rule === 'alone') return [flag];
    if ('value' in rule) return [`${flag} ${rule.value.example}`];
    return [...rule.list].map(
      ([name, values]) => `${flag} ${values === 'word' ? name : `${name}=${values.example}`}`,
    );
  });
}

describe.each(types)('the options of mkfs.%s', (type) => {
  test.each(examplesOf(type))('%s is accepted', (text) => {
    expect(mkfsWords(text, type)).toEqual(text.split(' '));
  });

  test('are always known flags, and no value is a path', () => {
    const flags = [...mkfsFlags[type].keys(), '-d', '-z', '-p', '-c', '--', '-'];
    const piece = fc.oneof(
      fc.constantFrom(
        ...flags,
        ...examplesOf(type).flatMap((text) => text.split(' ')),
        '/etc',
        'etc',
        '../x',
        'offset=1',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        try {
          const words = mkfsWords(pieces.join(' '), type);
          for (const word of words) expect(word).toMatch(/^-?[\w^.,=-]+$/);
          for (const word of words.filter((one) => one.startsWith('-')))
            expect(mkfsFlags[type].has(word)).toBe(true);
        } catch (error) {
          if (!(error instanceof VolumeError)) throw error;
          expect(error.code).toBe('invalid');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no value begins like a flag', () => {
    expect(() => mkfsWords('-L -c', type)).toThrow('"-c" is not an option of mkfs');
  });

  test('are refused for other file systems', () => {
    expect(() => mkfsWords('-i 8192', 'btrfs')).toThrow(/takes no options/);
  });
});

describeWith({ root: true, programs: ['mkfs.ext4', 'mkfs.xfs'] }, 'the real mkfs', () => {
  let folder = '';
  let empty = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-mkfs-'));
    empty = mkdtempSync(join(tmpdir(), 'holdfast-empty-'));
  });
  afterEach(() => {
    for (const path of [folder, empty]) rmSync(path, { recursive: true });
  });

  /** Options that another option requires. */
  const beside: Readonly<Record<string, string>> = {
    '-C 65536': '-O bigalloc ',
    '-E mmp_update_interval=8': '-O mmp ',
    '-O sparse_super2': '-O ^resize_inode,^sparse_super,',
    '-J fast_commit_size=8': '-O fast_commit ',
    '-d sw=1': '-d su=64k,sw=1 ',
  };

  test.each(types)('of %s accepts each of them, and changes only the disk', (type) => {
    const usual = type === 'xfs' ? ['-q', '-f'] : ['-q', '-F'];
    const refused = examplesOf(type).flatMap((text) => {
      const disk = join(folder, 'disk');
      writeFileSync(disk, '');
      truncateSync(disk, 600 * 1024 ** 2);
      const words = `${beside[text] ?? ''}${text}`.split(' ');
      const { status, stderr } = spawnSync(`mkfs.${type}`, [...usual, ...words, disk], {
        cwd: empty,
        encoding: 'utf8',
      });
      rmSync(disk);
      return status === 0 ? [] : [`${text}: ${stderr.trim().split('\n')[0]}`];
    });
    expect(
      refused.filter((line) =>
        /invalid option|unrecognized|unknown|[Bb]ad extended|Invalid filesystem option|usage/i.test(line),
      ),
    ).toEqual([]);
    expect(readdirSync(empty)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('shows the danger of the refused ones: -d copies files of the host, -z writes a file', () => {
    const disk = join(folder, 'disk');
    writeFileSync(disk, '');
    truncateSync(disk, 32 * 1024 ** 2);
    writeFileSync(join(empty, 'secret'), 'of the host');
    execFileSync('mkfs.ext4', ['-q', '-F', '-d', '.', disk], { cwd: empty });
    expect(
      execFileSync('debugfs', ['-R', 'cat /secret', disk], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ).toBe('of the host');
    for (const text of ['-d .', '-d etc', '-z undo'])
      expect(() => mkfsWords(text, 'ext4')).toThrow(/is not an option/);
  });
});
