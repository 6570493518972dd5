import { beforeAll, expect, test } from '@jest/globals';
import type { BackendDefinition } from '../../src/backends/definition.ts';
import { backends } from '../../src/backends/index.ts';
import { readPage, rowsOf, sectionOf } from './pages.ts';

const page = readPage('docs/design/outside-data.md');
let definitions: readonly BackendDefinition[];
beforeAll(async () => {
  definitions = await Promise.all(Object.values(backends).map((load) => load()));
});

/** `local path` and the like: one for each backend of each row. */
function described(title: string): readonly string[] {
  return rowsOf(sectionOf(page, title)).flatMap(([name = '', of = '', ...rest]) => {
    expect([name, rest.length, rest.every((cell) => cell !== '')]).toEqual([name, 2, true]);
    const named = of === 'all' ? definitions.map((definition) => definition.name) : of.split(', ');
    return named.map((backend) => `${backend} ${name}`);
  });
}

test('every option has a row that says where it ends up, and how it is checked', () => {
  const real = definitions.flatMap(({ name, options }) => options.map((option) => `${name} ${option.name}`));
  expect([...described('Options')].sort()).toEqual([...real].sort());
});

test('every setting has such a row', () => {
  const real = definitions.flatMap(({ name, settings }) =>
    Object.keys(settings.shape).map((key) => `${name} ${key}`),
  );
  expect([...described('Settings')].sort()).toEqual([...real].sort());
});
