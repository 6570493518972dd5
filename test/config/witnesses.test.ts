import { describe, expect, test } from '@jest/globals';
import { backends } from '../../src/backends/index.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { problemText } from '../../src/config/problem.ts';
import { configurationOf, problemsOf, withFile } from './load.ts';

const witness = (more: string) => `witnesses: { m: { kind: mesos, addresses: [http://m1:5050], ${more} } }\n`;

describe('a witness', () => {
  test('needs its kind and an address', async () => {
    const { witnesses } = await configurationOf(
      'witnesses: { m: { kind: mesos, addresses: [http://m1:5050/] } }\n',
    );
    expect([...witnesses]).toEqual([
      [
        'm',
        {
          kind: 'mesos',
          addresses: ['http://m1:5050'],
          tls: {},
          match: 'hostname',
          attribute: 'instance-id',
          hosts: {},
          settled: 60_000,
          refresh: 300_000,
        },
      ],
    ]);
    expect((await configurationOf('log: { level: info }\n')).witnesses.size).toBe(0);
  });
  test('can also be set by variables', async () => {
    const { witnesses } = await configurationOf(witness(''), {
      HOLDFAST_WITNESSES_M_ADDRESSES: 'https://a:1, https://b:2',
      HOLDFAST_WITNESSES_M_TLS_CA: '/ca.pem',
      HOLDFAST_WITNESSES_M_SETTLED: '2m',
    });
    expect(witnesses.get('m')).toMatchObject({
      addresses: ['https://a:1', 'https://b:2'],
      tls: { ca: '/ca.pem' },
      settled: 120_000,
    });
  });
  test.each([
    [witness('kind_: x'), 'unknown key `kind_` in `witnesses.m`; did you mean `kind`?'],
    [witness('match: name'), '`witnesses.m.match`: must be hostname or attribute, not the string "name"'],
    [witness('credentialsFile: secret'), '`witnesses.m.credentialsFile`: must be an absolute path'],
    [witness('refresh: 1s'), '`witnesses.m.refresh`: must be at least 10s'],
    [witness('tls: { key: /key }'), '`witnesses.m.tls`: a certificate needs its key'],
    ['witnesses: { m: { kind: mesos, addresses: [] } }\n', '`witnesses.m.addresses`: must name at least one'],
    ['witnesses: { m: { kind: mesos } }\n', '`witnesses.m.addresses`: is missing'],
    ['witnesses: { m: { addresses: [http://a] } }\n', '`witnesses.m.kind`: must be mesos or swarm'],
    ['witnesses: { m: { kind: mesos, addresses: ["zk://a"] } }\n', 'must be a URL such as https://master1'],
    ['witnesses: { m: { kind: mesos, addresses: ["http://u:p@a"] } }\n', 'without user, password'],
    ['witnesses: { m: { kind: mesos, addresses: ["unix:///s"] } }\n', 'a Mesos master has no Unix socket'],
    [
      'witnesses: { ../m: { kind: mesos, addresses: [http://a] } }\n',
      'the name "../m" must consist of letters',
    ],
  ])('with an invalid value is refused: %s', async (text, problem) => {
    const problems = await problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
  test('that a driver names must exist', async () => {
    const text = `drivers: { e: { backend: ebs, settings: { witnesses: [messo, m] } } }\n${witness('')}`;
    const loaded = await withFile(text, (file) => loadConfiguration({ file, environment: {}, backends }));
    const problems = loaded.kind === 'usable' ? [] : loaded.problems.map(problemText);
    expect(problems).toEqual([
      expect.stringMatching(
        /:1:\d+: `drivers\.e\.settings\.witnesses\[0\]`: there is no witness "messo"; known: m$/,
      ),
    ]);
  });
});
