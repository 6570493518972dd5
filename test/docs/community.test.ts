import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { project } from './pages.ts';

const about = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(join(project, folder))
    .filter((file) => file.endsWith('.yml'))
    .map((file) => `${folder}/${file}`);
}

/** The shell lines of a workflow. */
function linesOf(file: string): readonly string[] {
  const { jobs } = parse(readFileSync(join(project, file), 'utf8'));
  return Object.values<{ steps: readonly { run?: string }[] }>(jobs)
    .flatMap(({ steps }) => steps)
    .flatMap(({ run }) => (run === undefined ? [] : [run]));
}

describe('files for the code host', () => {
  test.each(yamlFiles('.github/workflows'))('%s runs .ci/run, and scripts that exist', (file) => {
    const lines = linesOf(file);
    expect(lines).toContain('.ci/run');
    const scripts = lines.flatMap((line) => [...line.matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name));
    for (const script of scripts) expect(Object.keys(about.scripts)).toContain(script);
  });

  test.each(yamlFiles('.github/ISSUE_TEMPLATE').filter((file) => !file.endsWith('config.yml')))(
    '%s is a form with a required question',
    (file) => {
      const { name, description, body } = parse(readFileSync(join(project, file), 'utf8'));
      expect([typeof name, typeof description]).toEqual(['string', 'string']);
      const required = body.filter(
        ({ validations }: { validations?: { required: boolean } }) => validations?.required,
      );
      expect(required.length).toBeGreaterThan(0);
    },
  );
});

describe('package.json', () => {
  test('has author, repository and description', () => {
    expect(about.repository.url).toMatch(/^git\+https:\/\//);
    expect(about.author).not.toBe('');
    expect(about.keywords.length).toBeGreaterThan(5);
  });

  test('packs files that exist after the build', () => {
    const missing = about.files.filter((file: string) => file !== 'dist' && !existsSync(join(project, file)));
    expect(missing).toEqual([]);
  });
});

describe('docs/security.md', () => {
  const text = readFileSync(join(project, 'docs/security.md'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => /^\| (?!-|threat|socket)/.test(line) && line.includes('`test/'));

  test('names only tests that exist', () => {
    const named = [...text.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file);
    expect(named.filter((file) => !existsSync(join(project, file)))).toEqual([]);
    expect(rows.length).toBeGreaterThan(25);
  });

  test('has no threat without a test', () => {
    const threats =
      text
        .split('## Not defended')[0]
        ?.split('\n')
        .filter((line) => /^\| (?!`|threat|socket)[A-Z]/.test(line)) ?? [];
    expect(threats.filter((line) => !line.includes('`test/'))).toEqual([]);
    expect(threats.length).toBe(rows.length);
  });
});
