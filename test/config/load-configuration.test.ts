import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { fakeBackends } from './fake-backends.ts';
import { configurationOf, loadText, usable } from './load.ts';
import { writtenDrivers } from './written-settings.ts';

describe('without a file', () => {
  test('there is one driver, holdfast, on the local backend, with all defaults', async () => {
    const loaded = await loadConfiguration({
      environment: {},
      backends: fakeBackends,
      defaultFile: '/nonexistent/config.yaml',
    });
    expect(loaded).toEqual({
      kind: 'usable',
      file: undefined,
      warnings: [],
      configuration: {
        mountRoot: '/var/lib/holdfast/mnt',
        stateDir: '/var/lib/holdfast/state',
        runtimeDir: '/run/holdfast',
        socketDir: '/run/docker/plugins',
        adminSocket: '/run/holdfast/admin.sock',
        log: { level: 'info', format: 'auto' },
        grace: 600_000,
        witnesses: new Map(),
        repositories: new Map(),
        backups: new Map(),
        drivers: new Map([
          [
            'holdfast',
            {
              backend: 'local',
              settings: {
                needs: {
                  directory: { setting: 'root', path: '/var/lib/holdfast/volumes' },
                  mounts: [],
                  network: false,
                },
                text: expect.any(Function),
                shown: expect.any(Function),
                keepsVolumesOf: expect.any(Function),
                open: expect.any(Function),
              },
              defaults: {},
              profiles: {},
            },
          ],
        ]),
        joints: new Map(),
      },
    });
  });

  test('a file that the command names must exist', async () => {
    const file = '/nonexistent/config.yaml';
    const asked = await loadConfiguration({ file, environment: {}, backends: fakeBackends });
    const byVariable = await loadConfiguration({
      environment: { HOLDFAST_CONFIG: file },
      backends: fakeBackends,
    });
    const problems = [{ place: file, key: '', message: 'there is no such file' }];
    expect(asked).toEqual({ kind: 'unusable', problems });
    expect(byVariable).toEqual({ kind: 'unusable', problems });
  });
});

describe('a file', () => {
  test('can set everything', async () => {
    const configuration = await configurationOf(`
mountRoot: /data/mnt/
stateDir: /data/state
socketDir: /data/../sockets
adminSocket: /data/admin.sock
log: { level: debug, format: json }
reaper: { grace: 90s }
drivers:
  holdfast: { backend: local, settings: { root: /data/volumes } }
  shared:
    backend: nfs
    settings: { server: nfs.example, port: 2050 }
    defaults: { mode: "0750" }
    profiles: { logs: { size: 10GiB } }
`);
    expect(configuration).toMatchObject({
      mountRoot: '/data/mnt',
      socketDir: '/sockets',
      log: { level: 'debug', format: 'json' },
      grace: 90_000,
    });
    expect([...writtenDrivers(configuration)]).toEqual([
      ['holdfast', { backend: 'local', settings: { root: '/data/volumes' }, defaults: {}, profiles: {} }],
      [
        'shared',
        {
          backend: 'nfs',
          settings: { server: 'nfs.example', port: 2050 },
          defaults: { mode: '0750' },
          profiles: { logs: { size: '10GiB' } },
        },
      ],
    ]);
  });

  test.each([
    ['comments alone', '# nothing yet\n'],
    ['no drivers', 'log: { level: warn }\n'],
    ['an empty map of drivers', 'drivers: {}\n'],
    ['drivers with nothing below', 'drivers:\n'],
    [
      'maps with nothing below',
      'log:\nreaper:\ndrivers:\n  holdfast:\n    backend: local\n    settings:\n    defaults:\n',
    ],
  ])('with %s has the default driver', async (_, text) => {
    const drivers = writtenDrivers(await configurationOf(text));
    expect([...drivers]).toEqual([
      ['holdfast', { backend: 'local', settings: {}, defaults: {}, profiles: {} }],
    ]);
  });

  test('keeps an option as it was written, whatever YAML would make of it', async () => {
    const { drivers } = await configurationOf(
      `
drivers:
  holdfast:
    backend: local
    defaults: { mode: 0750, size: 1073741824123456789, readOnly: true }
    profiles: { a: { mode: 0700 } }
`,
    );
    expect([...drivers.values()][0]).toMatchObject({
      defaults: { mode: '0750', size: '1073741824123456789', readOnly: 'true' },
      profiles: { a: { mode: '0700' } },
    });
  });

  test('may share values through anchors', async () => {
    const { drivers } = await configurationOf(`
drivers:
  a1: { backend: local, defaults: &d { mode: 0750 } }
  b1: { backend: local, settings: { root: /data/b1 }, defaults: *d }
`);
    expect([...drivers.values()].map((driver) => driver.defaults.mode)).toEqual(['0750', '0750']);
  });

  test('causes a warning for a driver whose name Docker may take for an ID', async () => {
    const { warnings } = usable(
      await loadText(
        'drivers:\n  cafe: { backend: local }\n  cafes: { backend: local, settings: { root: /data } }\n',
      ),
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ key: 'drivers.cafe', place: expect.stringMatching(/:2:3$/) });
  });
});
