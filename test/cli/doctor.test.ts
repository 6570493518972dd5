import { describe, expect, test } from '@jest/globals';
import type { Usable } from '../../src/cli/serve.ts';
import type { Examined } from '../../src/doctor/examine.ts';
import { runHere } from './in-process.ts';

const usable = { kind: 'usable', file: undefined, warnings: [] };
const loaded = async () => ({ ...usable, configuration: {} }) as unknown as Usable;
const daemon: Examined = { check: 'daemon', level: 'ok', subject: 'daemon', evidence: 'It answers.' };
const space: Examined = {
  check: 'space',
  level: 'failure',
  subject: 'state',
  evidence: `/var is full\u001b[2J${'.'.repeat(200)}`,
  mend: `rm ${'x'.repeat(200)}`,
};
const boot: Examined = { check: 'boot', level: 'warning', subject: 'boot', evidence: 'No unit.' };

const run = (findings: readonly Examined[], words: readonly string[] = [], width?: number) =>
  runHere(['doctor', ...words], {
    loadConfiguration: loaded,
    examine: async () => findings,
    terminal: () => (width === undefined ? undefined : { columns: width, hasColours: false }),
  });

describe('doctor', () => {
  test('prints a line for each finding, the complete fix, and a count', async () => {
    const { code, out, err } = await run([daemon, boot, space], [], 60);
    expect(err).toBe('');
    const lines = out.trimEnd().split('\n');
    expect(lines).toEqual([
      'ok       daemon: It answers.',
      'warning  boot: No unit.',
      expect.stringMatching(/^failure {2}space, state: \/var is full\\u001b\[2J\.+$/),
      `         rm ${'x'.repeat(200)}`,
      '1 failure, 1 warning, 1 ok.',
    ]);
    expect(lines[2]).toHaveLength(60);
    expect(code).toBe(1);
  });

  test('cuts nothing if stdout is not a terminal', async () => {
    expect((await run([space])).out.split('\n')[0]).toHaveLength(
      'failure  space, state: /var is full\\u001b[2J'.length + 200,
    );
  });

  test('exits with 0 if there are only warnings', async () => {
    expect((await run([daemon, boot])).code).toBe(0);
  });

  test('prints everything as JSON', async () => {
    const { code, out } = await run([daemon, boot], ['--json'], 20);
    expect(JSON.parse(out)).toEqual({ healthy: true, findings: [daemon, boot] });
    expect(code).toBe(0);
  });

  test('reports the errors of an invalid configuration, and checks nothing else', async () => {
    const problem = { place: 'config.yaml:1:1', key: 'x', message: 'unknown key `x`' };
    const { code, out } = await runHere(['doctor', '--json'], {
      loadConfiguration: async () => ({ kind: 'unusable', problems: [problem] }),
      examine: () => Promise.reject(new Error('not to be asked')),
    });
    expect([code, JSON.parse(out)]).toEqual([
      1,
      {
        healthy: false,
        findings: [
          {
            check: 'configuration',
            level: 'failure',
            subject: 'configuration',
            evidence: 'config.yaml:1:1: unknown key `x`',
            mend: 'holdfast check',
          },
        ],
      },
    ]);
  });
});
