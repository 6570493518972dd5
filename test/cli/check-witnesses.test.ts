import { describe, expect, test } from '@jest/globals';
import type { OpenWitness, Sighting } from '../../src/core/witness.ts';
import { loadText } from '../config/load.ts';
import { useMesos } from '../lab/mesos/use-cluster.ts';
import { witnessOf } from '../witnesses/witness-parts.ts';
import { runHere } from './in-process.ts';

const startMesos = useMesos();

const check = (witnesses: Readonly<Record<string, OpenWitness>>, ...words: string[]) =>
  runHere(['check', ...words], {
    loadConfiguration: () => loadText('log: { level: info }\n'),
    openWitnesses: async () => new Map(Object.entries(witnesses)),
  });

describe('check --witnesses', () => {
  test('shows each agent, its state and what it is matched by', async () => {
    const mesos = await startMesos();
    const a = mesos.addAgent({ hostname: 'a.example' });
    const { code, out, err } = await check({ mesos: witnessOf(mesos) }, '--witnesses');
    expect([code, err]).toEqual([0, '']);
    const rows = out.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(out).toContain(
      `Witness mesos, by the Mesos master ${mesos.master(0).url}, leading since 2026-11-23T02:00:00Z:`,
    );
    expect(rows).toContainEqual(['ID', 'HOSTNAME', 'STATE', 'SAYS', 'MATCHED BY']);
    expect(rows).toContainEqual([a.id, 'a.example', 'active', 'alive', 'a.example']);
  });
  test('fails if agents cannot be matched, or two match one machine', async () => {
    const mesos = await startMesos();
    const bare = mesos.addAgent({ hostname: 'a.example' });
    const one = mesos.addAgent({ hostname: 'b', attributes: { 'instance-id': 'i-b' } });
    const two = mesos.addAgent({ hostname: 'c', attributes: { 'instance-id': 'i-b' } });
    const { code, err } = await check({ mesos: witnessOf(mesos, { match: 'attribute' }) }, '--witnesses');
    expect(code).toBe(1);
    expect(err.split('\n')).toEqual([
      `holdfast: Witness mesos: ${bare.id} (a.example) lacks the attribute, so it matches no machine.`,
      `holdfast: Witness mesos: ${one.id} (b) and ${two.id} (c) all match i-b.`,
      '',
    ]);
  });
  test('fails if a witness does not answer, and shows the others', async () => {
    const mesos = await startMesos({ accounts: { basic: {} } });
    const open = await startMesos();
    const witnesses = { closed: witnessOf(mesos), open: witnessOf(open) };
    const { code, out, err } = await check(witnesses, '--witnesses');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^holdfast: Witness closed does not answer: No leading Mesos master found: .*refuses the credentials \(401\)\.\n$/,
    );
    expect(out).toContain('Witness open, by');
    expect(out).toContain('No agents or nodes.');
    const json = await check(witnesses, '--witnesses', '--json');
    expect(JSON.parse(json.out).witnesses).toEqual([
      { name: 'closed', error: { code: 'unavailable', message: expect.any(String) } },
      { name: 'open', source: expect.any(String), hosts: [], problems: [] },
    ]);
  });
  test('asks no witness without the flag', async () => {
    const asked: Sighting[] = [];
    const witness: OpenWitness = {
      name: 'mesos',
      ask: () => Promise.reject(new Error('asked')),
      async look() {
        const sighting = { source: 'nobody', hosts: [] };
        asked.push(sighting);
        return sighting;
      },
      watch: () => undefined,
      close: () => undefined,
    };
    expect((await check({ mesos: witness })).code).toBe(0);
    expect(asked).toEqual([]);
    expect((await check({}, '--witnesses')).out).toContain('No witness is configured.');
  });
});
