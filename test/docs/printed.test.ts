import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openApiDocument } from '../../src/http/admin/openapi.ts';
import { allPages, project, readPage } from './pages.ts';
import { printedParts } from './printed-tables.ts';

/** `UPDATE_DOCS=1 npm test -- test/docs` writes the parts; never in CI. */
const update = process.env.UPDATE_DOCS === '1' && !process.env.CI;

test('the printed parts of the pages match the code', async () => {
  for (const part of await printedParts()) {
    const { text } = readPage(part.page);
    const wanted = `<!-- printed: ${part.name} -->\n\n${await part.print()}\n\n<!-- end -->`;
    const found = new RegExp(`<!-- printed: ${part.name} -->.*?<!-- end -->`, 's').exec(text)?.[0];
    if (update && found !== undefined) {
      writeFileSync(
        join(project, part.page),
        text.replace(found, () => wanted),
      );
      continue;
    }
    if (found === wanted) continue;
    throw new Error(
      `${part.page} does not say what the code says. Update it with \`UPDATE_DOCS=1 npm test -- test/docs\`:\n\n${wanted}`,
    );
  }
});

test('openapi.json is what the daemon serves', () => {
  const path = join(project, 'docs/reference/openapi.json');
  const wanted = `${JSON.stringify(openApiDocument(), undefined, 2)}\n`;
  if (update) writeFileSync(path, wanted);
  expect(readFileSync(path, 'utf8')).toBe(wanted);
});

test('every printed part of a page has a printer', async () => {
  const marked = allPages().flatMap(({ path, text }) =>
    [...text.matchAll(/<!-- printed: (\S+) -->/g)].map((match) => `${path} ${match[1]}`),
  );
  const printed = (await printedParts()).map(({ page, name }) => `${page} ${name}`);
  expect([...marked].sort()).toEqual([...printed].sort());
});
