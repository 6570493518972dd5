import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backends } from '../../src/backends/index.ts';
import { silentLog } from '../../src/core/log.ts';
import { errorCodes } from '../../src/core/volume-error.ts';
import { checks } from '../../src/doctor/checks/index.ts';
import { usualTimings } from '../../src/driver/timings.ts';
import { usualPatience } from '../../src/dvdcli/driver-client.ts';
import { switches, valued, verbs } from '../../src/dvdcli/parse-words.ts';
import { createPluginApp } from '../../src/http/plugin/app.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';
import { documentedCommands } from './command-line.ts';
import { firstCellsOf, headingsOf, project, readPage, rowsOf, sectionOf } from './pages.ts';

/** Everything in the code is described, and nothing else is. */
function expectSame(described: readonly string[], real: readonly string[]): void {
  expect(real.length).toBeGreaterThan(0);
  expect([...described].sort()).toEqual([...real].sort());
}

function headings(page: string, level: number, pattern = /./): readonly string[] {
  return headingsOf(readPage(page))
    .filter((heading) => heading.level === level && pattern.test(heading.title))
    .map(({ title }) => title);
}

/** Unions of words in a source, such as `readonly act: 'format' | 'trash'`. */
function wordsOfUnion(file: string, field: string): readonly string[] {
  const source = readFileSync(join(project, 'src', file), 'utf8');
  const union = new RegExp(`readonly ${field}:([^;]+);`).exec(source)?.[1] ?? '';
  return [...union.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('the documentation is complete, and describes nothing that does not exist', () => {
  test('every error code has a heading', () => {
    expectSame(headings('docs/reference/errors.md', 2), errorCodes);
  });

  test('every backend has a page', () => {
    const pages = readdirSync(join(project, 'docs/backends')).map((file) => file.replace(/\.md$/, ''));
    expectSame(pages, Object.keys(backends));
  });

  test('every command has a heading', () => {
    const names = documentedCommands().map(({ name }) => name);
    expectSame(headings('docs/reference/cli.md', 3), names);
  });

  test('every command of dvdcli has a heading, and every flag and time a row', () => {
    const page = readPage('docs/reference/dvdcli.md');
    const inOrder = sectionOf(page, 'Commands').match(/(?<=^### dvdcli ).+$/gm) ?? [];
    expectSame(inOrder, verbs);
    const flags = firstCellsOf(sectionOf(page, 'Flags')).flatMap((cell) => cell.split(', '));
    const names = flags.map((flag) => /^`?--?(\w+)/.exec(flag)?.[1] ?? flag);
    expectSame([...new Set(names)], [...switches, ...valued]);
    expectSame(
      rowsOf(sectionOf(page, 'Times')).map(([name, value]) => `${name} ${value}`),
      Object.entries(usualPatience).map(([name, milliseconds]) => `${name} ${milliseconds / 1000} s`),
    );
  });

  test('every call of the plugin protocol has a heading', () => {
    const app = createPluginApp(createFakeDriver('holdfast'), silentLog);
    const paths = app.router.stack.flatMap(({ route }) => (route ? [route.path.slice(1)] : []));
    expectSame(headings('docs/reference/protocol.md', 3), paths);
  });

  test('every audited act has a row', () => {
    const section = sectionOf(readPage('docs/reference/logs.md'), 'Audited acts');
    expectSame(firstCellsOf(section), wordsOfUnion('core/audit.ts', 'act'));
  });

  test('every check of the doctor has a heading', () => {
    const page = readPage('docs/operations/doctor.md');
    const found = sectionOf(page, 'Checks').match(/(?<=^### ).+$/gm) ?? [];
    expectSame(
      found,
      checks.map(({ name }) => name),
    );
  });

  test('every step of recovery has a heading', () => {
    const steps = sectionOf(readPage('docs/design/recovery.md'), 'Steps').match(/(?<=^### ).+$/gm) ?? [];
    expectSame(steps, wordsOfUnion('core/decisions/recovery-plan.ts', 'action'));
  });

  test('every method of a backend has a row, and every part of its definition', () => {
    const page = readPage('docs/design/adding-a-backend.md');
    expectSame(firstCellsOf(sectionOf(page, 'The methods')), membersOf('backend.ts', 'Backend'));
    expectSame(
      firstCellsOf(sectionOf(page, 'The definition')),
      membersOf('shared/define-backend.ts', 'BackendEntry'),
    );
  });

  test('every dependency has a heading', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
    const page = readPage('docs/design/dependencies.md');
    for (const [title, packages] of [
      ['For running', dependencies],
      ['For development', devDependencies],
    ] as const) {
      expectSame(sectionOf(page, title).match(/(?<=^### ).+$/gm) ?? [], Object.keys(packages));
    }
  });

  test('every duration of the driver has a row with its value', () => {
    const rows = rowsOf(sectionOf(readPage('docs/design/mounting.md'), 'Times'));
    expectSame(
      rows.map(([name, value]) => `${name} ${value}`),
      Object.entries(usualTimings).map(([name, milliseconds]) => `${name} ${milliseconds / 1000} s`),
    );
  });
});

/** Names of the members of an interface in src/backends, except `capabilities`, which is data. */
function membersOf(file: string, name: string): readonly string[] {
  const source = readFileSync(join(project, 'src/backends', file), 'utf8');
  const body = new RegExp(`export interface ${name}(?:<[^{]*>)? \\{(.*?)^\\}`, 'ms').exec(source)?.[1] ?? '';
  const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map((match) => match[1] ?? '');
  return members.filter((member) => member !== 'capabilities');
}
