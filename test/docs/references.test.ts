import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { allPages, headingsOf, project, readPage } from './pages.ts';

/** A page that code names, with the heading after `#`. Rules in a row share it: `docs/design/ebs-rules.md, rule 17`. */
const pageName = /\b((?:docs|test)\/[\w/-]+\.md)(?:#([\w-]+))?(?:, rules? (\d+))?/g;
/** Rule numbers, in any place. A title may begin with them: `rules 22 and 26: …`. */
const ruleNumbers = /\brules? (\d+(?:(?:, | and )\d+)*)/gi;
/** References to issues elsewhere. They belong in a page of docs/design, and code refers to that page. */
const elsewhere = /\b[\w.-]+\/[\w.-]+#\d+\b/;

const rules = ['docs/design/ebs-rules.md', 'docs/design/protocol-rules.md'].flatMap((path) =>
  headingsOf(readPage(path)).map(({ title }) => title),
);

function hasRule(titles: readonly string[], number: string): boolean {
  return titles.some((title) => title.startsWith(`Rule ${number}:`));
}

interface Line {
  readonly place: string;
  readonly text: string;
}

function linesOf(folder: string): readonly Line[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|sh|yaml)$/.test(name) && !/docs\/(references|links)\.test\.ts$/.test(name))
    .flatMap((name) =>
      readFileSync(join(project, folder, name), 'utf8')
        .split('\n')
        .map((text, index) => ({ place: `${folder}/${name}:${index + 1}`, text })),
    );
}

/** What is wrong with the references of a line. */
function problemsOf({ text }: Line): readonly string[] {
  const pages = [...text.matchAll(pageName)].flatMap(([, path = '', anchor, rule]) => {
    if (!existsSync(join(project, path))) return [`${path} does not exist`];
    const headings = headingsOf(readPage(path));
    const anchors = headings.map((heading) => heading.anchor);
    return [
      ...(anchor === undefined || anchors.includes(anchor) ? [] : [`${path} has no heading #${anchor}`]),
      ...(rule === undefined ||
      hasRule(
        headings.map(({ title }) => title),
        rule,
      )
        ? []
        : [`${path} has no rule ${rule}`]),
    ];
  });
  const numbers = [...text.matchAll(ruleNumbers)].flatMap(([, list = '']) => list.match(/\d+/g) ?? []);
  const unknown = numbers.filter((number) => !hasRule(rules, number));
  const outside = elsewhere.exec(text);
  return [
    ...pages,
    ...unknown.map((number) => `no page of rules has rule ${number}`),
    ...(outside ? [`${outside[0]} is not in docs/design`] : []),
  ];
}

test.each(['src', 'test', 'scripts', 'monitoring'])(
  '%s names only pages, headings and rules that exist',
  (folder) => {
    const lines = linesOf(folder);
    expect(lines.flatMap((line) => problemsOf(line).map((problem) => `${line.place}: ${problem}`))).toEqual(
      [],
    );
    expect(lines.length).toBeGreaterThan(50);
  },
);

test('code that names a rule of EBS outside its tests names the page', () => {
  const named = linesOf('src').filter(({ text }) => /\brules? \d/i.test(text));
  expect(named.filter(({ text }) => !text.includes('docs/design/')).map(({ place }) => place)).toEqual([]);
});

/** Files of the code that a page names, by their whole path or its end. */
function missingCode(text: string): readonly string[] {
  const named = text.match(/(?<=`)[\w.][\w./-]*\.(?:ts|tsx|mjs)(?=`)/g) ?? [];
  return named.filter((name) => !code.some((path) => path === name || path.endsWith(`/${name}`)));
}

const code = ['src', 'test', 'scripts', 'site'].flatMap((folder) =>
  readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.includes('node_modules'))
    .map((path) => `${folder}/${path}`),
);
test.each(allPages().filter(({ path }) => path !== 'CHANGELOG.md'))(
  '$path names only files of the code that exist',
  ({ text }) => {
    expect(missingCode(text)).toEqual([]);
  },
);

test('a reference to nothing is detected', () => {
  expect(
    missingCode('`core/waits/patience.ts`, `patience.ts`, but `core/patience.ts` and `nowhere.mjs`'),
  ).toEqual(['core/patience.ts', 'nowhere.mjs']);
  const problems = (text: string) => problemsOf({ place: 'here', text });
  expect(problems('see docs/design/nowhere.md')).toEqual(['docs/design/nowhere.md does not exist']);
  expect(problems('(docs/design/ebs-rules.md#nowhere)')).toHaveLength(1);
  expect(problems('(docs/design/protocol-rules.md, rule 35)')).toHaveLength(1);
  expect(problems('rules 1 and 99: nothing')).toEqual(['no page of rules has rule 99']);
  expect(problems('as in moby/moby#12345')).toHaveLength(1);
  expect(problems('(docs/design/ebs-rules.md#durations), rule 17')).toEqual([]);
});
