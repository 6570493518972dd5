import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backends } from '../../src/backends/index.ts';
import type { Configuration } from '../../src/config/configuration.ts';
import { environmentFrom } from '../../src/config/environment.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../src/config/load-configuration.ts';
import { problemText } from '../../src/config/problem.ts';
import { translateCredentials } from '../../src/config/rexray-variables.ts';
import { parseDriverName } from '../../src/core/names.ts';
import { usable } from './load.ts';

type Settings = Readonly<Record<string, string>>;

/** `docker plugin set` hands over what is not set as an empty text. */
const unset: Settings = { BACKEND: '', NAME: '', CONFIG: '', REGION: '', EBS_REGION: '', LOG_LEVEL: '' };

async function load(settings: Settings, text?: string): Promise<LoadedConfiguration> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-plugin-'));
  try {
    const file = join(folder, 'config.yaml');
    if (text !== undefined) await writeFile(file, text);
    const environment = {
      PATH: '/bin',
      ...unset,
      ...settings,
      ...(text === undefined ? {} : { CONFIG: file }),
    };
    return await loadConfiguration({ environment, mode: 'managed', backends, defaultFile: '/nowhere' });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function configured(settings: Settings, text?: string): Promise<Configuration> {
  return usable(await load(settings, text)).configuration;
}

async function problems(settings: Settings, text?: string): Promise<readonly string[]> {
  const loaded = await load(settings, text);
  return loaded.kind === 'usable' ? [] : loaded.problems.map(problemText);
}

describe('a managed plugin', () => {
  test('serves local volumes when nothing is set, in its own places', async () => {
    const home = '/var/lib/holdfast/plugins/holdfast';
    const configuration = await configured({});
    expect(configuration).toMatchObject({
      mountRoot: '/mnt/holdfast',
      stateDir: `${home}/state`,
      runtimeDir: `${home}/run`,
      adminSocket: `${home}/admin.sock`,
      pluginSocket: '/run/docker/plugins/holdfast.sock',
    });
    expect([...configuration.drivers]).toEqual([
      ['holdfast', { backend: 'local', settings: { root: `${home}/volumes` }, defaults: {}, profiles: {} }],
    ]);
  });

  test('takes settings of its backend, defaults of options and what the daemon has, by short names', async () => {
    const { log, grace, drivers } = await configured({
      BACKEND: 'ebs',
      NAME: 'gold',
      REGION: 'eu-central-1',
      TAGS: 'team=shop, env=a=b',
      FINAL_SNAPSHOT: 'true',
      ATTACH_LIMIT: '7',
      DEFAULTS_SIZE: '100GiB',
      LOG_LEVEL: 'debug',
      REAPER_GRACE: '2h',
    });
    expect(drivers.get(parseDriverName('gold'))).toEqual({
      backend: 'ebs',
      settings: {
        region: 'eu-central-1',
        tags: { team: 'shop', env: 'a=b' },
        finalSnapshot: true,
        attachLimit: 7,
      },
      defaults: { size: '100GiB' },
      profiles: {},
    });
    expect([log.level, grace]).toEqual(['debug', 7_200_000]);
  });

  test('tells a setting of the backend from the one of the daemon that is called the same', async () => {
    const settings = { BACKEND: 'glusterfs', SERVERS: 'g1,g2', VOLUME: 'gv0' };
    const { log, drivers } = await configured({
      ...settings,
      LOG_LEVEL: 'warn',
      SETTINGS_LOG_LEVEL: 'ERROR',
    });
    expect(log.level).toBe('warn');
    expect([...drivers.values()][0]?.settings).toEqual({
      servers: ['g1', 'g2'],
      volume: 'gv0',
      logLevel: 'ERROR',
      logDir: '/var/lib/holdfast/plugins/glusterfs/log',
    });
  });

  test('takes a whole file, with settings over it, and says what of it is not used', async () => {
    const text = 'mountRoot: /m\ndrivers:\n  shared: { backend: nfs, settings: { server: a, export: /e } }\n';
    const loaded = usable(await load({ SERVER: 'b' }, text));
    expect([...loaded.configuration.drivers.entries()]).toMatchObject([
      ['shared', { backend: 'nfs', settings: { server: 'b', export: '/e' } }],
    ]);
    expect(loaded.configuration.mountRoot).toBe('/mnt/holdfast');
    expect(loaded.warnings.map(problemText)).toEqual([
      expect.stringMatching(/:1:1: `mountRoot`: .* not used/),
    ]);
  });

  test('takes witnesses from a file, and by a setting which of them its driver believes', async () => {
    const text = 'witnesses: { masters: { kind: mesos, addresses: ["http://m1:5050"] } }\n';
    const { drivers, witnesses } = await configured({ BACKEND: 'ebs', WITNESSES: 'masters' }, text);
    expect([...witnesses.keys()]).toEqual(['masters']);
    expect([...drivers.values()]).toMatchObject([{ backend: 'ebs', settings: { witnesses: ['masters'] } }]);
  });
});

describe('settings that a managed plugin cannot be served with are named', () => {
  test.each<readonly [Settings, string | undefined, readonly RegExp[]]>([
    [{ BACKEND: 'efs' }, undefined, [/^environment variable BACKEND: .*there is no backend "efs"/]],
    [{ BACKEND: 'nfs', SERVER: 'a' }, undefined, [/export.*is missing/]],
    [{ SERVER: 'a' }, undefined, [/variable SERVER: only nfs has this setting, and BACKEND is local/]],
    [{ NAME: '../x' }, undefined, [/driver name "..\/x" is not usable/]],
    [{ BACKEND: 'ebs', TAGS: 'x' }, undefined, [/variable TAGS: .*must be a map/]],
    [{ LOG_LEVEL: 'loud' }, undefined, [/variable LOG_LEVEL: .*debug or info/]],
    [{ NAME: 'b' }, 'drivers: { a: { backend: local } }', [/variable NAME: the file names the driver a/]],
    [
      {},
      'drivers: { a: { backend: local }, b: { backend: local } }',
      [/:1:1: `drivers`: .*serves one driver.*a, b/],
    ],
    [{}, 'drivers: { a: 7 }', [/must be a map/]],
    [
      {},
      'drivers: { a: { backend: local }, b: { members: [a] } }',
      [/:1:1: `drivers`: .*serves one driver.*a, b/],
    ],
    [{ BACKEND: 'ebs', WITNESSES: 'masters' }, undefined, [/there is no witness "?masters/]],
  ])('%j %s', async (settings, text, expected) => {
    expect(await problems(settings, text)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});

describe('names of REX-Ray', () => {
  test('are understood, with a notice for each that is set', async () => {
    const loaded = usable(
      await load({
        EBS_REGION: 'us-east-1',
        EBS_ACCESSKEY: 'the-key',
        REXRAY_FSTYPE: 'xfs',
        REXRAY_PREEMPT: 'false',
        EBS_MAXRETRIES: '5',
        LINUX_VOLUME_FILEMODE: '',
      }),
    );
    expect([...loaded.configuration.drivers]).toMatchObject([
      ['ebs', { settings: { region: 'us-east-1', preempt: 'never' }, defaults: { fsType: 'xfs' } }],
    ]);
    const notices = loaded.warnings.map(problemText);
    expect(notices).toEqual([
      expect.stringMatching(/EBS_REGION: .*understood as REGION=us-east-1/),
      expect.stringMatching(/EBS_ACCESSKEY: .*understood as AWS_ACCESS_KEY_ID: use/),
      expect.stringMatching(/REXRAY_FSTYPE: .*DEFAULTS_FS_TYPE=xfs/),
      expect.stringMatching(/REXRAY_PREEMPT: .*PREEMPT=never/),
      expect.stringMatching(/EBS_MAXRETRIES: .*does nothing here: /),
    ]);
    expect(notices.join()).not.toContain('the-key');
  });

  test('count less than ours', async () => {
    const { drivers } = await configured({ BACKEND: 'ebs', REGION: 'eu-west-1', EBS_REGION: 'us-east-1' });
    expect([...drivers.values()][0]?.settings).toEqual({ region: 'eu-west-1' });
  });

  test('of credentials become those that the SDK reads', () => {
    const environment = { EBS_ACCESSKEY: 'a', EBS_SECRETKEY: 'b', AWS_SECRET_ACCESS_KEY: 'c' };
    translateCredentials(environment);
    expect(environment).toMatchObject({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'c' });
  });
});

test('a plugin is known by a variable of its config.json, and takes variables of any name', () => {
  const variables = { HOLDFAST_MANAGED_PLUGIN: 'true', REGION: 'x' };
  expect(environmentFrom(variables)).toMatchObject({ mode: 'managed', settings: { REGION: 'x' } });
  expect(environmentFrom({ REGION: 'x' })).toMatchObject({ mode: 'daemon', settings: {} });
});
