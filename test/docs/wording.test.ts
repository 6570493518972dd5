import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { allPages, project, proseOf } from './pages.ts';

/** All folders of `src`; '.' stands for its own files. */
const folders = ['.', ...foldersOf(join(project, 'src'))];

/** Worn phrases, and what to write instead. */
const worn: readonly (readonly [phrase: RegExp, better: string])[] = [
  [/\banew\b/, 'again'],
  [/\bth(?:at|is) very\b/, 'the same, or nothing'],
  // Unless it is "there is no server" or "is no longer".
  [/(?<!\bthere )\b(?:is|are) no (?!longer\b)[a-z]/i, 'is not a valid …, does not …'],
  [/(?<!\bthere )\b(?:is|are) none (?:of|any more)\b/, 'is not one of, is no longer'],
  [/\b(?:is|are|was|were|be) told\b/, 'is reported, is notified, is distinguished'],
  [/\bhowever (?:often|many|long|much|old)\b/, 'for any number of, of any length'],
  [/\b(?:goes|went|gone) on (?!to\b)/, 'continues'],
  [/\bfor (?:good|ever)\b/, 'permanently, forever'],
  [/\b(?:holds?|held|holding) (?:\w+ )?up\b/, 'delays, blocks, prevents'],
  [/\bsteers?\b/, 'has control characters'],
  [/\ball the same\b/, 'nevertheless, also'],
  [/\b(?:can|may|could|to|not) be had\b/, 'is available'],
  [/\bput(?:s|ting)? (?:it |them |that )?right\b/, 'repair, correct'],
  [/\b(?:comes?|came) of (?:it|them)\b/, 'its outcome'],
];

/** A sentence begins with its subject. */
const beginning: (typeof worn)[number] = [/^\s*(?:\/\*\*|\/\/|\*) Of /, 'the subject first'];

/** A line of a comment. */
const comment = /^\s*(?:\/\*\*?|\*|\/\/) /;

/** The title of a test, a suite or a case, up to its comma: `test('…',`, `describe('…',`, `])('…',`. */
const titles = /(?:\b(?:test|describe)\w*(?:\.\w+)*|\))\(\s*(['"`])((?:\\.|(?!\1).)+)\1,/gs;

function wordingOf(lines: readonly string[], patterns: typeof worn = worn): readonly string[] {
  return lines.flatMap((line) =>
    patterns.filter(([phrase]) => phrase.test(line)).map(([, better]) => `${line.trim()} (${better})`),
  );
}

test.each(folders)('comments and messages of src/%s are plain sentences', (folder) => {
  const lines = sources('src', folder).flatMap((text) => text.split('\n'));
  expect(wordingOf(lines, [...worn, beginning])).toEqual([]);
  expect(lines.length).toBeGreaterThan(100);
});

describe('pages are plain sentences', () => {
  // The changelog quotes earlier behaviour; the table of threats quotes titles of tests.
  const pages = allPages().filter(({ path }) => !['CHANGELOG.md', 'docs/security.md'].includes(path));
  test.each(pages.map((page) => [page.path, page] as const))('%s', (_, page) => {
    // As one line, so that a phrase is found across a line break.
    const paragraphs = proseOf(page)
      .replace(/`[^`]*`/g, '``')
      .split(/\n\n|\n(?=\s*(?:[|-]|\d+\.))/)
      .map((paragraph) => paragraph.replace(/\s+/g, ' '));
    expect(wordingOf(paragraphs)).toEqual([]);
  });
});

test.each(foldersOf(join(project, 'test')))(
  'titles and comments of test/%s are plain sentences',
  (folder) => {
    const texts = sources('test', folder);
    const found = texts.flatMap((text) => [...text.matchAll(titles)].map(([, , title = '']) => title));
    expect(wordingOf(found)).toEqual([]);
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => comment.test(line));
    expect(wordingOf(lines, [...worn, beginning])).toEqual([]);
  },
);

test('a worn phrase is detected, and a plain one is not', () => {
  const lines = [
    'x is no server',
    'it is told twice',
    'there is no server',
    'it was held by us',
    'go on to step 2',
  ];
  expect(wordingOf(lines)).toHaveLength(2);
  const found = [...`test.each([1])('one', () => {}); test("two", () => {});`.matchAll(titles)];
  expect(found.map(([, , title]) => title)).toEqual(['one', 'two']);
});

function sources(root: string, folder: string): readonly string[] {
  const path = join(project, root, folder);
  return readdirSync(path, { recursive: folder !== '.', encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(path, file), 'utf8'));
}

function foldersOf(path: string): readonly string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
