import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isWhole } from '../lab/jest/whole.ts';
import { nomad } from '../lab/nomad/program.ts';
import { formats } from './example-files.ts';
import { driversOf, type PageDriver } from './page-drivers.ts';
import { fencesOf, firstCellsOf, project, readPage, rowsOf, sectionOf } from './pages.ts';

const folder = join(project, 'examples');
const workloads = readdirSync(folder).filter((name) => name !== 'config.yaml');
const page = readPage('docs/workloads.md');

let drivers: ReadonlyMap<string, PageDriver>;
beforeAll(async () => {
  const config = readFileSync(join(folder, 'config.yaml'), 'utf8');
  const text = `\`\`\`yaml\n# /etc/holdfast/config.yaml\n${config}\`\`\`\n`;
  drivers = await driversOf({ path: 'examples/config.yaml', text });
});

describe.each(workloads)('the example %s', (workload) => {
  test('has a file for each orchestrator, and no other', () => {
    expect(readdirSync(join(folder, workload)).sort()).toEqual(Object.keys(formats).sort());
  });

  test.each(Object.keys(formats))(
    'has a driver of the configuration in %s, which takes its options',
    (file) => {
      const { driver, volume, options, mountPath } = read(file, workload);
      expect(mountPath).toMatch(/^\/\w/);
      const planned = drivers.get(driver)?.plan(options, volume);
      expect([driver, Object.keys(planned?.given ?? {}).sort()]).toEqual([
        driver,
        Object.keys(options).sort(),
      ]);
    },
  );

  test('says the same in all of them', () => {
    const all = Object.keys(formats).map((file) => {
      const { driver: _, options: __, ...same } = read(file, workload);
      return same;
    });
    for (const one of all) expect(one).toEqual(all[0]);
  });

  if (isWhole)
    test.each(['compose.yaml', 'stack.yaml'])('%s is understood by docker-compose', (file) => {
      const words = ['-f', join(folder, workload, file), 'config', '--services'];
      expect(execFileSync('docker-compose', words).toString().trim()).toBe(workload);
    });

  if (isWhole)
    nomad.test(
      'job.nomad.hcl is valid for Nomad',
      () => validate(join(folder, workload, 'job.nomad.hcl')),
      60_000,
    );
});

if (isWhole)
  nomad.test(
    'the jobs of the page about Nomad are valid for it',
    async () => {
      const jobs = fencesOf(readPage('docs/orchestrators/nomad.md')).filter(({ text }) =>
        /^# \S+\.nomad\.hcl\n/.test(text),
      );
      expect(jobs.length).toBeGreaterThan(4);
      const place = await mkdtemp(join(tmpdir(), 'holdfast-jobs-'));
      try {
        for (const [index, { text }] of jobs.entries()) {
          const file = join(place, `${index}.nomad.hcl`);
          await writeFile(file, text);
          await validate(file);
        }
      } finally {
        await rm(place, { recursive: true });
      }
    },
    60_000,
  );

/** By Nomad's own parser and rules. It reaches no agent, so it checks all but what is for the docker driver. */
async function validate(file: string): Promise<void> {
  const env = { ...process.env, NOMAD_ADDR: 'http://127.0.0.1:9' };
  const answer = execFileSync(await nomad.built(), ['job', 'validate', file], { env, stdio: 'pipe' });
  expect(answer.toString()).toContain('Job validation successful');
}

function read(file: string, workload: string) {
  const reader = formats[file];
  if (reader === undefined) throw new Error(`Nothing reads ${file}.`);
  return reader(workload);
}

describe('the table of workloads and backends', () => {
  const cells = rowsOf(sectionOf(page, 'What fits where')).map(([, ...verdicts]) => verdicts);

  test('has a row for each example', () => {
    expect([...firstCellsOf(sectionOf(page, 'What fits where'))].sort()).toEqual([...workloads].sort());
  });

  test('says of those that were tried nowhere, and of no others, that they are configuration only', () => {
    const untried = rowsOf(sectionOf(page, 'What fits where'))
      .filter(([, ...verdicts]) => verdicts.every((verdict) => verdict.startsWith('not tried')))
      .map(([name]) => name);
    const configuration = rowsOf(sectionOf(page, 'The examples'))
      .filter((row) => row.some((cell) => cell.endsWith('Configuration only: it was never run')))
      .map(([name]) => name);
    expect(configuration.sort()).toEqual(untried.sort());
    expect(untried).not.toEqual([]);
  });

  test('has a verdict in each cell, with the test or the source that says so', () => {
    const sources = firstCellsOf(sectionOf(page, 'Sources'));
    for (const cell of cells.flat()) {
      expect(cell).toMatch(/^(fits|fits with options|does not|not tried)\b/);
      const named = [...cell.matchAll(/\b[TS]\d+\b/g)].map(([name]) => name);
      expect([cell, named.length > 0]).toEqual([cell, true]);
      for (const name of named) expect([cell, sources]).toEqual([cell, expect.arrayContaining([name])]);
    }
  });

  test('names tests that exist, by their titles', () => {
    const tests = rowsOf(sectionOf(page, 'Sources')).filter(([name = '']) => name.startsWith('T'));
    expect(tests.length).toBeGreaterThan(3);
    for (const [, where = ''] of tests) {
      const [, file = '', title = ''] = /^`([^`]+\.test\.ts)`, "(.+)"$/.exec(where) ?? [];
      expect([where, existsSync(join(project, file))]).toEqual([where, true]);
      expect(readFileSync(join(project, file), 'utf8')).toContain(title);
    }
  });
});
