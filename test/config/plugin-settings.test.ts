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
import { usable } from './load.ts';
import { remembering, writtenDrivers } from './written-settings.ts';

type Settings = Readonly<Record<string, string>>;

/** `docker plugin set` passes unset variables as empty strings. */
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
    return await loadConfiguration({
      environment,
      mode: 'managed',
      backends: remembering(backends),
      defaultFile: '/nowhere',
    });
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
  test('serves local volumes by default, in its own directories', async () => {
    const home = '/var/lib/holdfast/plugins/holdfast';
    const configuration = await configured({});
    expect(configuration).toMatchObject({
      mountRoot: '/mnt/holdfast',
      stateDir: `${home}/state`,
      runtimeDir: `${home}/run`,
      adminSocket: `${home}/admin.sock`,
      pluginSocket: '/run/docker/plugins/holdfast.sock',
    });
    expect([...writtenDrivers(configuration)]).toEqual([
      ['holdfast', { backend: 'local', settings: { root: `${home}/volumes` }, defaults: {}, profiles: {} }],
    ]);
  });

  test('accepts settings of its backend, option defaults and settings of the daemon, by short names', async () => {
    const configuration = await configured({
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
    expect(writtenDrivers(configuration).get('gold')).toEqual({
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
    expect([configuration.log.level, configuration.grace]).toEqual(['debug', 7_200_000]);
  });

  test('distinguishes a setting of the backend from one of the daemon with the same name', async () => {
    const settings = { BACKEND: 'glusterfs', SERVERS: 'g1,g2', VOLUME: 'gv0' };
    const configuration = await configured({
      ...settings,
      LOG_LEVEL: 'warn',
      SETTINGS_LOG_LEVEL: 'ERROR',
    });
    expect(configuration.log.level).toBe('warn');
    expect([...writtenDrivers(configuration).values()][0]?.settings).toEqual({
      servers: ['g1', 'g2'],
      volume: 'gv0',
      logLevel: 'ERROR',
      logDir: '/var/lib/holdfast/plugins/glusterfs/log',
    });
  });

  test('accepts a whole file, with settings that replace its values, and reports what it ignores', async () => {
    const text = 'mountRoot: /m\ndrivers:\n  shared: { backend: nfs, settings: { server: a, export: /e } }\n';
    const loaded = usable(await load({ SERVER: 'b' }, text));
    expect([...writtenDrivers(loaded.configuration)]).toMatchObject([
      ['shared', { backend: 'nfs', settings: { server: 'b', export: '/e' } }],
    ]);
    expect(loaded.configuration.mountRoot).toBe('/mnt/holdfast');
    expect(loaded.warnings.map(problemText)).toEqual([
      expect.stringMatching(/:1:1: `mountRoot`: .* not used/),
    ]);
  });

  test('accepts witnesses from a file, and a setting selects those of its driver', async () => {
    const text = 'witnesses: { masters: { kind: mesos, addresses: ["http://m1:5050"] } }\n';
    const configuration = await configured({ BACKEND: 'ebs', WITNESSES: 'masters' }, text);
    expect([...configuration.witnesses.keys()]).toEqual(['masters']);
    expect([...writtenDrivers(configuration).values()]).toMatchObject([
      { backend: 'ebs', settings: { witnesses: ['masters'] } },
    ]);
  });
});

describe('settings that a managed plugin cannot use are named', () => {
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
  test('are accepted, with a notice for each one that is set', async () => {
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
    expect([...writtenDrivers(loaded.configuration)]).toMatchObject([
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

  test('have a lower priority than ours', async () => {
    const configuration = await configured({
      BACKEND: 'ebs',
      REGION: 'eu-west-1',
      EBS_REGION: 'us-east-1',
    });
    expect([...writtenDrivers(configuration).values()][0]?.settings).toEqual({ region: 'eu-west-1' });
  });

  test('for credentials become those that the SDK reads', () => {
    const environment = { EBS_ACCESSKEY: 'a', EBS_SECRETKEY: 'b', AWS_SECRET_ACCESS_KEY: 'c' };
    translateCredentials(environment);
    expect(environment).toMatchObject({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'c' });
  });
});

test('a plugin is recognised by a variable of its config.json, and accepts variables of any name', () => {
  const variables = { HOLDFAST_MANAGED_PLUGIN: 'true', REGION: 'x' };
  expect(environmentFrom(variables)).toMatchObject({ mode: 'managed', settings: { REGION: 'x' } });
  expect(environmentFrom({ REGION: 'x' })).toMatchObject({ mode: 'daemon', settings: {} });
});

test('the variant for cluster volumes has an endpoint where the engine asks, and a name of its own', async () => {
  const variables = { HOLDFAST_MANAGED_PLUGIN: 'cluster' };
  expect(environmentFrom(variables)).toMatchObject({ mode: 'managed', settings: variables });
  const endpoint = '/run/docker/plugins/holdfast-csi.sock';
  const csi = { endpoint, name: 'holdfast.csi', mode: 'all', staging: false };
  const home = '/var/lib/holdfast/plugins';
  for (const [settings, name] of [
    [{}, 'holdfast-cluster'],
    [{ NAME: 'own' }, 'own'],
    [{ BACKEND: 'local', NAME: '' }, 'holdfast-cluster'],
  ] as const) {
    const { drivers, stateDir } = await configured({ ...variables, ...settings });
    expect([...drivers.keys()]).toEqual([name]);
    expect([...drivers.values()][0]?.csi).toEqual(csi);
    expect(stateDir).toBe(`${home}/${name}/state`);
  }
  const file =
    'drivers: { db: { backend: local, csi: { endpoint: "unix:///x.sock", name: a.b, nodeId: n1 } } }';
  const { drivers } = await configured(variables, file);
  expect([...drivers.values()][0]?.csi).toEqual({
    endpoint,
    name: 'a.b',
    mode: 'all',
    nodeId: 'n1',
    staging: false,
  });
});
