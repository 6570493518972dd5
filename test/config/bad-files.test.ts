import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { fakeBackends } from './fake-backends.ts';
import { loadText, problemsOf } from './load.ts';

const bomb = `${['a: &a [x,x,x,x,x,x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]', 'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]', 'd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]'].join('\n')}\n`;

describe('a file that is not a configuration gets one clear sentence', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['empty', '', 'FILE: the file is empty: write what differs from the defaults, or delete it'],
    ['blank', ' \n\n', 'FILE: the file is empty'],
    ['a tab', 'drivers:\n\ta: {}\n', 'FILE:2:1: a tab is used to indent: YAML takes only spaces'],
    ['a key twice', 'drivers:\n  a1: {}\n  b1: {}\n  a1: {}\n', 'FILE:4:3: the key `a1` occurs twice'],
    ['two documents', 'log: {}\n---\nlog: {}\n', 'FILE:2:1: a second document begins here'],
    ['an open bracket', 'drivers: [a\n', 'FILE:2:1: this is not YAML: '],
    ['JSON that is cut off', '{"drivers":{"x":{"backend":"local"', 'FILE:1:35: this is not YAML: '],
    ['a map in a line', 'a: b: c\n', 'FILE:1:4: this is not YAML: '],
    ['an unknown anchor', 'log: *x\n', 'FILE:1:6: no anchor &x is defined above'],
    ['an alias of itself', 'log: &l { level: *l }\n', 'FILE:1:18: this alias contains itself'],
    ['an alias bomb', bomb, 'FILE: Excessive alias count'],
    ['many aliases', `a: &a 1\nb: [${'*a,'.repeat(101)}]\n`, 'more than 100 aliases'],
    [
      'a map as key',
      '? { a: 1 }\n: 2\n',
      'FILE:1:3: this is not YAML: With stringKeys, all keys must be strings',
    ],
    ['a prototype', '__proto__: { a: 1 }\n', 'FILE:1:1: the key `__proto__` cannot be used'],
    ['deep brackets', '['.repeat(200_000), 'FILE: the text is nested too deeply'],
    ['deep dashes', '- '.repeat(100_000), 'FILE: the text is nested too deeply'],
    ['deep questions', '? '.repeat(100_000), 'FILE: the text is nested too deeply'],
    ['huge', `#${' '.repeat(256 * 1024)}`, 'FILE: the file is larger than 256 KiB'],
    ['Latin-1', Buffer.from('log:\n  level: déb\n', 'latin1'), 'FILE: the file is not UTF-8 text (line 2)'],
    ['UTF-16', Buffer.from('\ufefflog: {}\n', 'utf16le'), 'FILE: the file is not UTF-8 text (line 1)'],
    ['binary', Buffer.from([0, 1, 2, 3]), 'FILE: the file contains NUL bytes'],
  ])('%s', async (_, content, message) => {
    expect(await problemsOf(content)).toEqual([expect.stringContaining(message)]);
  });

  test('a byte order mark of UTF-8 is accepted', async () => {
    expect(await problemsOf('\ufefflog: { level: warn }\n')).toEqual([]);
  });

  test('every duplicate key is named', async () => {
    expect(await problemsOf('log: {}\nlog: {}\nreaper: {}\nreaper: {}\n')).toHaveLength(2);
  });

  test('many keys are read quickly', async () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect((await problemsOf(keys)).length).toBe(20_000);
  });

  test('a directory and an endless device are refused', async () => {
    const folder = await mkdtemp(`${tmpdir()}/holdfast-config-`);
    const load = (file: string) => loadConfiguration({ file, environment: {}, backends: fakeBackends });
    expect(await load(folder)).toMatchObject({
      problems: [{ message: 'the file is a directory: name a file' }],
    });
    expect(await load('/dev/zero')).toMatchObject({
      problems: [{ message: expect.stringContaining('larger than 256 KiB') }],
    });
    await rm(folder, { recursive: true });
  });
});

describe('with any content', () => {
  const words = [
    'drivers',
    'backend',
    'local',
    'nfs',
    'settings',
    'root',
    'log',
    'level',
    '__proto__',
    '/a',
    '0750',
  ];
  const tree = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...words),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...words), fc.string()), tie('tree'), { maxKeys: 4 }),
    ),
  })).tree;

  test('a file is usable, or each problem has a place and a sentence', async () => {
    const text = fc.oneof(
      tree.map((value) => JSON.stringify(value)),
      fc.string({
        unit: fc.constantFrom('a', ':', ' ', '\n', '-', '[', '{', '}', '*', '&', '"', '\t', '|', '?', '#'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const loaded = await loadText(content);
        if (loaded.kind === 'usable') return;
        expect(loaded.problems.length).toBeGreaterThan(0);
        for (const problem of loaded.problems) {
          expect(problem.place).toMatch(/config\.yaml(:\d+:\d+)?$/);
          expect(problem.message).toMatch(/\S/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
