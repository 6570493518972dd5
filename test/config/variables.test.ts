import { describe, expect, test } from '@jest/globals';
import { configurationKeys } from '../../src/config/configuration-keys.ts';
import { environmentFrom } from '../../src/config/environment.ts';
import { configurationOf, problemsOf } from './load.ts';
import { writtenDrivers } from './written-settings.ts';

const two = 'drivers:\n  a1: { backend: local }\n  ebs-gold: { backend: local, settings: { root: /r } }\n';

describe("environment variables replace the file's values", () => {
  test('for every key of the daemon', async () => {
    const configuration = await configurationOf('mountRoot: /file\nlog: { level: error }\n', {
      HOLDFAST_MOUNT_ROOT: '/env/mnt',
      HOLDFAST_STATE_DIR: '/env/state',
      HOLDFAST_RUNTIME_DIR: '/env/run',
      HOLDFAST_SOCKET_DIR: '/env/sockets',
      HOLDFAST_ADMIN_SOCKET: '/env/admin.sock',
      HOLDFAST_LOG_LEVEL: 'debug',
      HOLDFAST_LOG_FORMAT: 'text',
      HOLDFAST_REAPER_GRACE: '2h',
    });
    expect(configuration).toMatchObject({
      mountRoot: '/env/mnt',
      stateDir: '/env/state',
      runtimeDir: '/env/run',
      socketDir: '/env/sockets',
      adminSocket: '/env/admin.sock',
      log: { level: 'debug', format: 'text' },
      grace: 7_200_000,
    });
  });

  test('for settings and defaults of a driver, in the types that its backend declares', async () => {
    const configuration = await configurationOf(two, {
      HOLDFAST_DRIVERS_EBS_GOLD_SETTINGS_ALLOWED_ROOTS: '/a, /b',
      HOLDFAST_DRIVERS_EBS_GOLD_SETTINGS_ON_REMOVE: 'retain',
      HOLDFAST_DRIVERS_EBS_GOLD_DEFAULTS_FS_TYPE: 'xfs',
      HOLDFAST_DRIVERS_EBS_GOLD_DEFAULTS_MODE: '0700',
    });
    const drivers = writtenDrivers(configuration);
    expect([...drivers.values()]).toEqual([
      { backend: 'local', settings: {}, defaults: {}, profiles: {} },
      {
        backend: 'local',
        settings: { root: '/r', allowedRoots: ['/a', '/b'], onRemove: 'retain' },
        defaults: { fsType: 'xfs', mode: '0700' },
        profiles: {},
      },
    ]);
  });

  test('for the backend of the default driver, whose settings then apply', async () => {
    const configuration = await configurationOf('# empty\n', {
      HOLDFAST_DRIVERS_HOLDFAST_BACKEND: 'nfs',
      HOLDFAST_DRIVERS_HOLDFAST_SETTINGS_SERVER: 'nfs.example',
      HOLDFAST_DRIVERS_HOLDFAST_SETTINGS_PORT: '2050',
      HOLDFAST_DRIVERS_HOLDFAST_SETTINGS_SECURE: 'false',
    });
    const drivers = writtenDrivers(configuration);
    expect([...drivers]).toEqual([
      [
        'holdfast',
        {
          backend: 'nfs',
          settings: { server: 'nfs.example', port: 2050, secure: false },
          defaults: {},
          profiles: {},
        },
      ],
    ]);
  });

  test('but an empty one, or one for the tests, changes nothing', async () => {
    const configuration = await configurationOf('mountRoot: /file\n', {
      HOLDFAST_MOUNT_ROOT: '',
      HOLDFAST_DRIVERS_OTHER_BACKEND: '',
      HOLDFAST_REQUIRE_ALL: '1',
    });
    expect(configuration.mountRoot).toBe('/file');
  });
});

describe('an unusable variable is named', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'mistyped',
      { HOLDFAST_LOG_LEVL: 'debug' },
      'environment variable HOLDFAST_LOG_LEVL: no such setting; did you mean `HOLDFAST_LOG_LEVEL`?',
    ],
    [
      'of a mistyped setting',
      { HOLDFAST_DRIVERS_A1_SETTINGS_ROT: '/x' },
      'environment variable HOLDFAST_DRIVERS_A1_SETTINGS_ROT: no such setting; did you mean `HOLDFAST_DRIVERS_A1_SETTINGS_ROOT`?',
    ],
    [
      'with a wrong value',
      { HOLDFAST_LOG_LEVEL: 'loud' },
      'environment variable HOLDFAST_LOG_LEVEL: `log.level`: must be debug or info or warn or error, not the string "loud"',
    ],
    [
      'with a wrong option',
      { HOLDFAST_DRIVERS_A1_DEFAULTS_MODE: 'rwx' },
      'environment variable HOLDFAST_DRIVERS_A1_DEFAULTS_MODE: `drivers.a1.defaults.mode`: the mode "rwx" is not octal',
    ],
    [
      'with an unknown backend',
      { HOLDFAST_DRIVERS_A1_BACKEND: 'nsf' },
      'environment variable HOLDFAST_DRIVERS_A1_BACKEND: `drivers.a1.backend`: there is no backend "nsf"; did you mean `nfs`?',
    ],
  ])('%s', async (_, environment, problem) => {
    expect(await problemsOf(two, environment)).toEqual([problem]);
  });

  test('if two drivers have the same spelling in it', async () => {
    const alike = 'drivers:\n  a-b: { backend: local }\n  a_b: { backend: local }\n';
    expect(await problemsOf(alike, { HOLDFAST_DRIVERS_A_B_SETTINGS_ROOT: '/x' })).toEqual([
      'environment variable HOLDFAST_DRIVERS_A_B_SETTINGS_ROOT: it could mean `drivers.a-b.settings.root` and `drivers.a_b.settings.root`: set them in the file',
    ]);
  });
});

test('every key is listed with its variable, its description and its default', () => {
  const keys = configurationKeys();
  expect(keys.map(({ key, variable }) => [key, variable])).toEqual([
    ['mountRoot', 'HOLDFAST_MOUNT_ROOT'],
    ['stateDir', 'HOLDFAST_STATE_DIR'],
    ['runtimeDir', 'HOLDFAST_RUNTIME_DIR'],
    ['socketDir', 'HOLDFAST_SOCKET_DIR'],
    ['adminSocket', 'HOLDFAST_ADMIN_SOCKET'],
    ['admin.listen', 'HOLDFAST_ADMIN_LISTEN'],
    ['admin.tokenFile', 'HOLDFAST_ADMIN_TOKEN_FILE'],
    ['admin.tls.certificate', 'HOLDFAST_ADMIN_TLS_CERTIFICATE'],
    ['admin.tls.key', 'HOLDFAST_ADMIN_TLS_KEY'],
    ['admin.openMetrics', 'HOLDFAST_ADMIN_OPEN_METRICS'],
    ['admin.page', 'HOLDFAST_ADMIN_PAGE'],
    ['admin.allowPlain', 'HOLDFAST_ADMIN_ALLOW_PLAIN'],
    ['log.level', 'HOLDFAST_LOG_LEVEL'],
    ['log.format', 'HOLDFAST_LOG_FORMAT'],
    ['reaper.grace', 'HOLDFAST_REAPER_GRACE'],
    ['drivers', undefined],
    ['witnesses', undefined],
    ['repositories', undefined],
    ['backups', undefined],
    ['drivers.<name>.backend', 'HOLDFAST_DRIVERS_<NAME>_BACKEND'],
    ['drivers.<name>.settings', undefined],
    ['drivers.<name>.defaults', undefined],
    ['drivers.<name>.profiles', undefined],
    ['drivers.<name>.csi.endpoint', 'HOLDFAST_DRIVERS_<NAME>_CSI_ENDPOINT'],
    ['drivers.<name>.csi.name', 'HOLDFAST_DRIVERS_<NAME>_CSI_NAME'],
    ['drivers.<name>.csi.mode', 'HOLDFAST_DRIVERS_<NAME>_CSI_MODE'],
    ['drivers.<name>.csi.nodeId', 'HOLDFAST_DRIVERS_<NAME>_CSI_NODE_ID'],
    ['drivers.<name>.csi.staging', 'HOLDFAST_DRIVERS_<NAME>_CSI_STAGING'],
    ['drivers.<name>.members', 'HOLDFAST_DRIVERS_<NAME>_MEMBERS'],
    ['drivers.<name>.rules', 'HOLDFAST_DRIVERS_<NAME>_RULES'],
    ['drivers.<name>.default', 'HOLDFAST_DRIVERS_<NAME>_DEFAULT'],
    ['witnesses.<name>.kind', 'HOLDFAST_WITNESSES_<NAME>_KIND'],
    ['witnesses.<name>.addresses', 'HOLDFAST_WITNESSES_<NAME>_ADDRESSES'],
    ['witnesses.<name>.credentialsFile', 'HOLDFAST_WITNESSES_<NAME>_CREDENTIALS_FILE'],
    ['witnesses.<name>.tls.ca', 'HOLDFAST_WITNESSES_<NAME>_TLS_CA'],
    ['witnesses.<name>.tls.certificate', 'HOLDFAST_WITNESSES_<NAME>_TLS_CERTIFICATE'],
    ['witnesses.<name>.tls.key', 'HOLDFAST_WITNESSES_<NAME>_TLS_KEY'],
    ['witnesses.<name>.match', 'HOLDFAST_WITNESSES_<NAME>_MATCH'],
    ['witnesses.<name>.attribute', 'HOLDFAST_WITNESSES_<NAME>_ATTRIBUTE'],
    ['witnesses.<name>.hosts', undefined],
    ['witnesses.<name>.settled', 'HOLDFAST_WITNESSES_<NAME>_SETTLED'],
    ['witnesses.<name>.refresh', 'HOLDFAST_WITNESSES_<NAME>_REFRESH'],
    ['repositories.<name>.url', 'HOLDFAST_REPOSITORIES_<NAME>_URL'],
    ['repositories.<name>.urlFile', 'HOLDFAST_REPOSITORIES_<NAME>_URL_FILE'],
    ['repositories.<name>.passwordFile', 'HOLDFAST_REPOSITORIES_<NAME>_PASSWORD_FILE'],
    ['repositories.<name>.passwordCommand', 'HOLDFAST_REPOSITORIES_<NAME>_PASSWORD_COMMAND'],
    ['repositories.<name>.environmentFiles', undefined],
    ['backups.<name>.repository', 'HOLDFAST_BACKUPS_<NAME>_REPOSITORY'],
    ['backups.<name>.schedule', 'HOLDFAST_BACKUPS_<NAME>_SCHEDULE'],
    ['backups.<name>.jitter', 'HOLDFAST_BACKUPS_<NAME>_JITTER'],
    ['backups.<name>.drivers', 'HOLDFAST_BACKUPS_<NAME>_DRIVERS'],
    ['backups.<name>.volumes', 'HOLDFAST_BACKUPS_<NAME>_VOLUMES'],
    ['backups.<name>.options', undefined],
    ['backups.<name>.whileInUse', 'HOLDFAST_BACKUPS_<NAME>_WHILE_IN_USE'],
    ['backups.<name>.pause', 'HOLDFAST_BACKUPS_<NAME>_PAUSE'],
    ['backups.<name>.execBefore', 'HOLDFAST_BACKUPS_<NAME>_EXEC_BEFORE'],
    ['backups.<name>.execAfter', 'HOLDFAST_BACKUPS_<NAME>_EXEC_AFTER'],
    ['backups.<name>.execIn', 'HOLDFAST_BACKUPS_<NAME>_EXEC_IN'],
    ['backups.<name>.containerLabel', 'HOLDFAST_BACKUPS_<NAME>_CONTAINER_LABEL'],
    ['backups.<name>.keepLast', 'HOLDFAST_BACKUPS_<NAME>_KEEP_LAST'],
    ['backups.<name>.keepDaily', 'HOLDFAST_BACKUPS_<NAME>_KEEP_DAILY'],
    ['backups.<name>.keepWeekly', 'HOLDFAST_BACKUPS_<NAME>_KEEP_WEEKLY'],
    ['backups.<name>.keepMonthly', 'HOLDFAST_BACKUPS_<NAME>_KEEP_MONTHLY'],
    ['backups.<name>.keepYearly', 'HOLDFAST_BACKUPS_<NAME>_KEEP_YEARLY'],
    ['backups.<name>.prove', 'HOLDFAST_BACKUPS_<NAME>_PROVE'],
    ['backups.<name>.proveShare', 'HOLDFAST_BACKUPS_<NAME>_PROVE_SHARE'],
    ['backups.<name>.proveWhole', 'HOLDFAST_BACKUPS_<NAME>_PROVE_WHOLE'],
    ['backups.<name>.webhookFile', 'HOLDFAST_BACKUPS_<NAME>_WEBHOOK_FILE'],
  ]);
  expect(keys.filter((key) => key.description === '')).toEqual([]);
  expect(keys.find(({ key }) => key === 'reaper.grace')?.default).toBe('10m');
  expect(keys.find(({ key }) => key === 'log.level')?.choices).toEqual(['debug', 'info', 'warn', 'error']);
});

describe('the environment', () => {
  test('is read once', () => {
    expect(
      environmentFrom({
        HOLDFAST_LOG_LEVEL: 'debug',
        PATH: '/bin',
        LISTEN_PID: '42',
        LISTEN_FDS: '2',
        LISTEN_FDNAMES: 'holdfast:admin',
        NO_COLOR: '1',
        NOTIFY_SOCKET: '/run/systemd/notify',
        WATCHDOG_USEC: '3600000000',
        WATCHDOG_PID: '42',
      }),
    ).toEqual({
      mode: 'daemon',
      settings: { HOLDFAST_LOG_LEVEL: 'debug' },
      listenPid: 42,
      listenFds: 2,
      listenFdNames: ['holdfast', 'admin'],
      notifySocket: '/run/systemd/notify',
      watchdogUsec: 3_600_000_000,
      watchdogPid: 42,
      noColor: true,
      isDumb: false,
      secrets: [],
    });
  });

  test('may be empty, or contain nonsense', () => {
    const nothing = {
      ...{ mode: 'daemon', settings: {}, listenFds: 0, listenFdNames: [] },
      ...{ noColor: false, isDumb: false, secrets: [] },
    };
    expect(environmentFrom({})).toEqual(nothing);
    expect(
      environmentFrom({
        LISTEN_PID: 'x',
        LISTEN_FDS: '-3',
        NO_COLOR: '',
        WATCHDOG_USEC: '0',
        NOTIFY_SOCKET: '',
      }),
    ).toEqual(nothing);
  });
});
