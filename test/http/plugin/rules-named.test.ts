import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const page = readFileSync(new URL('../../../docs/design/protocol-rules.md', import.meta.url), 'utf8');
const rules = [...page.matchAll(/^### Rule (\d+): /gm)].map(([, number = '']) => number);
const folders = [new URL('./', import.meta.url), new URL('../../e2e/', import.meta.url)];

/** At the beginning of a title: `13. Mount(A) twice …`. */
function numbersInTitles(): ReadonlySet<string> {
  const texts = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8')),
  );
  const found = texts.flatMap((text) => [...text.matchAll(/^\s*(?:test.*)?['"`](\d+)\. /gm)]);
  return new Set(found.map(([, number = '']) => number));
}

test('each rule of docs/design/protocol-rules.md is named by the title of a test', () => {
  expect(rules.length).toBe(23);
  const named = numbersInTitles();
  expect(rules.filter((number) => !named.has(number))).toEqual([]);
});
