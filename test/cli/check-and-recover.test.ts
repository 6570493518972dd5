import { describe, expect, test } from '@jest/globals';
import type { LoadedConfiguration } from '../../src/config/load-configuration.ts';
import { parseVolumeName } from '../../src/core/names.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { loadText } from '../config/load.ts';
import { openAdminSocket } from '../fakes/admin-socket.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';
import { runHere } from './in-process.ts';

describe('check', () => {
  const check = (text: string, ...words: string[]) =>
    runHere(['check', 'the-file', ...words], { loadConfiguration: () => loadText(text) });

  test('lists each driver of a valid configuration', async () => {
    const { code, out } = await check(
      'drivers:\n  gold: { backend: local }\n  bcde: { backend: local, settings: { root: /data } }\n',
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^warning: .*:3:3: .*bcde.*\n.*config\.yaml is valid\.\n {2}gold {2}local {2}ok\n {2}bcde {2}local {2}ok\n$/,
    );
  });

  test('lists the members of a joint driver', async () => {
    const text = 'drivers:\n  all: { members: [gold] }\n  gold: { backend: local }\n';
    expect((await check(text)).out).toMatch(
      /^note: An engine knows a volume by one driver name: let containers use all, or gold, but not both for one volume\.\n/,
    );
    expect((await check(text)).out).toMatch(/ {2}gold {2}local +ok\n {2}all {3}joint of gold {2}ok\n$/);
    expect(JSON.parse((await check(text, '--json')).out)).toMatchObject({
      drivers: [{ name: 'gold' }, { name: 'all', backend: 'joint', members: ['gold'] }],
    });
  });

  test('names every problem, and fails', async () => {
    const { code, out, err } = await check('montRoot: /x\nlog: { level: loud }\n');
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(
      /config\.yaml:1:1: unknown key `montRoot`.*\n.*config\.yaml:2:8: .*\n2 problems in the configuration\.\n$/,
    );
  });

  test('prints JSON for programs, valid or not', async () => {
    const good = await check('drivers:\n  gold: { backend: local }\n', '--json');
    expect(JSON.parse(good.out)).toEqual({
      usable: true,
      file: expect.stringMatching(/config\.yaml$/),
      problems: [],
      warnings: [],
      drivers: [{ name: 'gold', backend: 'local' }],
    });
    const bad = await check('montRoot: /x\n', '--json');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({
      usable: false,
      problems: [{ key: 'montRoot' }],
      drivers: [],
    });
  });

  test('checks the given file', async () => {
    const asked: unknown[] = [];
    const loadConfiguration = async (file: string | undefined): Promise<LoadedConfiguration> => {
      asked.push(file);
      return { kind: 'unusable', problems: [] };
    };
    await runHere(['check'], { loadConfiguration });
    await runHere(['check', '/a/file'], { loadConfiguration });
    expect(asked).toEqual([undefined, '/a/file']);
  });
});

describe('recover', () => {
  const step = { action: 'restage', volume: parseVolumeName('db'), why: 'held and not mounted' } as const;

  test('asks the daemon, and fails if a step fails', async () => {
    const socket = await openAdminSocket([createFakeDriver('gold')]);
    const dry = await runHere(['recover', '--dry-run', '--socket', socket.path]);
    const wet = await runHere(['recover', '--socket', socket.path]);
    const json = await runHere(['recover', '-n', '--json', '--socket', socket.path]);
    await socket.close();
    expect(dry).toEqual({
      code: 0,
      out: 'Driver gold would:\n  restage  db  held and not mounted\n',
      err: '',
    });
    expect(wet).toEqual({
      code: 1,
      out: [
        'Driver gold:',
        '  restage  db   held and not mounted  done',
        '  unstage  old  mounted and not held  failed: the server does not answer',
        '',
      ].join('\n'),
      err: '',
    });
    expect(JSON.parse(json.out)).toEqual({ dryRun: true, drivers: [{ driver: 'gold', steps: [step] }] });
  });

  test('reports a driver that cannot recover', async () => {
    const gold = createFakeDriver('gold');
    const socket = await openAdminSocket([gold]);
    gold.failNext(new VolumeError('unavailable', 'The disk is gone.'));
    const { code, out } = await runHere(['recover', '--socket', socket.path]);
    await socket.close();
    expect([code, out]).toEqual([1, 'Driver gold failed: The disk is gone.\n']);
  });

  test('works without a daemon, with the given configuration', async () => {
    const asked: unknown[] = [];
    const recoverOffline = async (file: string | undefined, how: object) => {
      asked.push([file, how]);
      return [
        { driver: 'gold', steps: [step] },
        { driver: 'shared', steps: [] },
      ];
    };
    const { code, out } = await runHere(['recover', '-n', '-c', '/a/file'], { recoverOffline });
    expect(asked).toEqual([['/a/file', { dryRun: true }]]);
    expect([code, out]).toEqual([
      0,
      'Driver gold would:\n  restage  db  held and not mounted\nDriver shared: nothing to do.\n',
    ]);
  });
});
