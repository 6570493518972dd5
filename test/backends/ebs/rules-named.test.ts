import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const folders = [new URL('./', import.meta.url), new URL('../../driver/', import.meta.url)];
/** At the beginning of a title: `rule 17: …`, `rules 22 and 26: …`, `rule 21, error code VolumeInUse: …`. */
const naming = /['"`]((?:rule|error code)s? (?:[\w.*, -]|…)+): /g;

const page = readFileSync(new URL('../../../docs/design/ebs-rules.md', import.meta.url), 'utf8');
const rules = [...page.matchAll(/^### Rule (\d+): /gm)].map(([, number = '']) => number);
const codes = [...page.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, code = '']) => code);

function namesInTitles(): ReadonlySet<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8')),
  );
  const titles = files.flatMap((text) => [...text.matchAll(naming)].map(([, names = '']) => names));
  return new Set(titles.flatMap((names) => names.match(/\d+|[A-Z][A-Za-z]+(?:\.[A-Za-z]+)?/g) ?? []));
}

test('each rule and each error code of docs/design/ebs-rules.md is named by the title of a test', () => {
  expect([rules.length, codes.length]).toEqual([36, 11]);
  const named = namesInTitles();
  expect([...rules, ...codes].filter((name) => !named.has(name))).toEqual([]);
});
