import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { catalogue } from '../../src/telemetry/metrics/catalogue.ts';
import { headingsOf, project, readPage, sectionOf } from '../docs/pages.ts';
import { describeWith } from '../lab/requirements.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

const folder = join(project, 'monitoring');
const rules: readonly Rule[] = parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')).groups.flatMap(
  ({ rules: inGroup }: { readonly rules: readonly Rule[] }) => inGroup,
);
const names = rules.map(({ alert }) => alert);

/** Every `expr` and every variable's query, as Grafana sends them. */
function queriesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    ['expr', 'query'].includes(key) && typeof inner === 'string' ? [inner] : queriesOf(inner),
  );
}
const dashboard = JSON.parse(readFileSync(join(folder, 'grafana-dashboard.json'), 'utf8'));
const queries = queriesOf(dashboard.panels);
const variables = queriesOf(dashboard.templating).filter((query) => query.startsWith('label_values'));

function unknownMetrics(query: string): readonly string[] {
  const known = catalogue.flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => `${name}${suffix}`) : [name],
  );
  const used = query.match(/\b(?:holdfast|process|nodejs)_\w+/g) ?? [];
  return used.filter((metric) => !known.some((name) => name === metric));
}

test('every alert has an entry with text in the runbook, and every entry an alert', () => {
  const page = readPage('docs/operations.md');
  const from = headingsOf(page).findIndex(({ title }) => title === 'Alerts');
  const entries = headingsOf(page)
    .slice(from + 1)
    .filter(({ level }) => level === 3);
  expect(entries.map(({ title }) => title)).toEqual(names);
  for (const name of names) expect(sectionOf(page, name).length).toBeGreaterThan(80);
});

test('rules and dashboard use only existing metrics', () => {
  expect(queries.length).toBeGreaterThan(15);
  expect(variables).toHaveLength(2);
  expect([...rules.map(({ expr }) => expr), ...queries, ...variables].flatMap(unknownMetrics)).toEqual([]);
  expect(unknownMetrics('rate(holdfast_nothing_total[5m])')).toEqual(['holdfast_nothing_total']);
});

test('every metric of volumes, servers and EC2 is in the dashboard or in a rule', () => {
  const used = [...rules.map(({ expr }) => expr), ...queries, ...variables].join('\n');
  const unused = catalogue.map(({ name }) => name).filter((name) => !used.includes(name));
  expect(unused).toEqual([
    'holdfast_volume_stats_used_bytes',
    'holdfast_volume_stats_inodes_used',
    // `holdfast_backup_late` follows from these.
    'holdfast_backup_last_success_timestamp_seconds',
    'holdfast_backup_last_proof_timestamp_seconds',
    // Used in a rule, by its job.
  ]);
});

describeWith({ programs: ['promtool'] }, 'promtool', () => {
  const promtool = (...words: string[]) => spawnSync('promtool', words, { cwd: folder, encoding: 'utf8' });

  test('accepts the rules, and each one fires exactly in its case', () => {
    expect(promtool('check', 'rules', 'alerts.yaml')).toMatchObject({ status: 0 });
    const { status, stdout, stderr } = promtool('test', 'rules', 'alerts-test.yaml');
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
    const tested = readFileSync(join(folder, 'alerts-test.yaml'), 'utf8');
    for (const name of names) {
      expect([name, tested.split(`alertname: ${name} }`).length - 1]).toEqual([name, 1]);
      expect([name, tested.split(`alertname: ${name}\n`).length - 1]).toEqual([name, 1]);
    }
  });

  test('accepts the queries of the dashboard', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'holdfast-queries-'));
    const asked = queries.map((query) => query.replaceAll('$__rate_interval', '5m'));
    const records = asked.map((expr, index) => ({ record: `query:${index}`, expr }));
    try {
      writeFileSync(
        join(scratch, 'queries.yaml'),
        JSON.stringify({ groups: [{ name: 'queries', rules: records }] }),
      );
      const { status, stdout, stderr } = promtool('check', 'rules', join(scratch, 'queries.yaml'));
      expect([status, stdout + stderr]).toEqual([
        0,
        expect.stringContaining(`${queries.length} rules found`),
      ]);
    } finally {
      await rm(scratch, { recursive: true });
    }
  });
});
