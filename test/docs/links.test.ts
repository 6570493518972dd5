import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { allPages, headingsOf, type Page, project, proseOf, readPage } from './pages.ts';

interface Link {
  /** Path in the project. */
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Links to files of the project. */
function linksOf(page: Page): readonly Link[] {
  const targets = [...proseOf(page).matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { path: path === '' ? page.path : normalize(join(dirname(page.path), path)), anchor };
    });
}

/** The problem of a link; undefined if it is valid. */
function brokenness({ path, anchor }: Link): string | undefined {
  if (!existsSync(join(project, path))) return `${path} does not exist`;
  if (anchor === undefined) return undefined;
  const known = headingsOf(readPage(path)).map((heading) => heading.anchor);
  return known.includes(anchor) ? undefined : `${path} has no heading #${anchor}`;
}

describe('links of the pages', () => {
  test.each(allPages().map((page) => [page.path, page] as const))('%s', (_, page) => {
    expect(linksOf(page).map(brokenness).filter(Boolean)).toEqual([]);
  });

  test('lead to every page', () => {
    const linked = new Set(allPages().flatMap((page) => linksOf(page).map(({ path }) => path)));
    const lost = allPages().filter(({ path }) => !linked.has(path) && path !== 'README.md');
    expect(lost.map(({ path }) => path)).toEqual([]);
  });

  test('a broken one is detected', () => {
    expect(brokenness({ path: 'docs/nowhere.md', anchor: undefined })).toContain('does not exist');
    expect(brokenness({ path: 'README.md', anchor: 'nowhere' })).toContain('has no heading');
    expect(brokenness({ path: 'README.md', anchor: 'what-it-guarantees' })).toBeUndefined();
  });
});

describe('anchors are unique', () => {
  test.each(allPages().map((page) => [page.path, page] as const))('%s', (_, page) => {
    const anchors = headingsOf(page).map(({ anchor }) => anchor);
    expect(new Set(anchors).size).toBe(anchors.length);
  });
});
