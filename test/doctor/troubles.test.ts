import { describe, expect, test } from '@jest/globals';
import { parseDriverName } from '../../src/core/names.ts';
import { examine } from '../../src/doctor/examine.ts';
import { gold, mounted, noSettings, patientWith, type Staged, unit } from './fake-patient.ts';

/** Thirteen volumes of a Holdfast driver, and one of the engine's own driver. */
const knownToDocker = [
  ...Array.from({ length: 13 }, (_, at) => ({ name: `db-${at}`, driver: 'gold' })),
  { name: 'cache', driver: 'local' },
];

const root = '/var/lib/holdfast/mnt';
const other = parseDriverName('shared');
const driverOf = (backend: string) => ({ backend, settings: noSettings, defaults: {}, profiles: {} });
const requiring = (path: string) => ({
  ...driverOf('local'),
  settings: { ...noSettings, needs: { ...noSettings.needs, mounts: [path] } },
});
const drivers = (backend: string) => ({ configuration: { drivers: new Map([[gold, driverOf(backend)]]) } });
const container = (name: string, state: string, volume: string) => ({
  id: name,
  name,
  state,
  volumes: [{ name: volume, driver: 'gold', destination: '/d' }],
  labels: {},
});

test('on a healthy machine, every finding is ok', async () => {
  const findings = await examine(patientWith({}));
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  expect(findings.length).toBeGreaterThan(12);
  expect(findings.filter(({ mend }) => mend !== undefined)).toEqual([]);
});

/** The trouble, its staging, and the expected finding: check, level, words of the evidence, and the remedy. */
type Trouble = readonly [
  string,
  Staged,
  readonly [string, 'warning' | 'failure', RegExp, string | RegExp | undefined],
];

const troubles: readonly Trouble[] = [
  [
    'a configuration with a warning',
    { warnings: [{ place: 'config.yaml:3:5', key: 'x', message: 'soft loses data' }] },
    ['configuration', 'warning', /config\.yaml:3:5: soft loses data/, undefined],
  ],
  [
    'a daemon that is down',
    {
      isDown: true,
      facts: { '/run/holdfast/admin.sock': undefined, '/run/docker/plugins/gold.sock': undefined },
    },
    [
      'daemon',
      'failure',
      /No daemon answers on \/run\/holdfast\/admin\.sock/,
      'systemctl start holdfast.service',
    ],
  ],
  [
    'a daemon that is down with a logged reason',
    {
      isDown: true,
      outputs: {
        'journalctl -u holdfast.service -n 200 -o cat --no-pager':
          '{"level":"info","event":"x"}\n{"level":"error","event":"driver-failed","error":{"message":"no disk"}}',
      },
    },
    ['daemon', 'failure', /last error in its log: driver-failed: no disk/, /systemctl start/],
  ],
  [
    'a daemon without a unit that is down',
    { isDown: true, facts: { [unit]: undefined } },
    ['daemon', 'failure', /No daemon answers/, 'holdfast install'],
  ],
  [
    'a daemon on a host without systemd that is down',
    { isDown: true, facts: { [unit]: undefined, '/run/systemd/system': undefined } },
    ['daemon', 'failure', /No daemon answers/, 'holdfast serve'],
  ],
  [
    'a daemon that is down while an engine knows volumes of ours',
    { isDown: true, docker: { volumes: knownToDocker } },
    [
      'daemon',
      'failure',
      /Docker knows 13 volumes of ours.* 15 s longer for each, 195 s in all/,
      /systemctl start/,
    ],
  ],
  [
    'no unit while an engine knows volumes of ours',
    { texts: { [unit]: undefined }, docker: { volumes: knownToDocker } },
    ['boot', 'warning', /Docker knows 13 volumes of ours/, 'holdfast install'],
  ],
  [
    'a daemon of another version',
    { version: '2.0.0' },
    ['daemon', 'warning', /version 1\.2\.3, this command 2\.0\.0/, 'systemctl restart holdfast.service'],
  ],
  [
    'a stale socket',
    { isDown: true, dead: ['/run/docker/plugins/gold.sock'] },
    ['sockets', 'failure', /Nobody listens on the socket .*gold\.sock/, 'rm /run/docker/plugins/gold.sock'],
  ],
  [
    'a stale socket of another plugin',
    {
      folders: { '/run/docker/plugins': ['gold.sock', 'old.sock'] },
      dead: ['/run/docker/plugins/old.sock'],
    },
    ['sockets', 'warning', /old\.sock, which is not ours/, 'rm /run/docker/plugins/old.sock'],
  ],
  [
    'a missing socket',
    { facts: { '/run/docker/plugins/gold.sock': undefined } },
    ['sockets', 'failure', /gold\.sock is missing/, 'holdfast install'],
  ],
  [
    'a socket with a wrong mode',
    { facts: { '/run/holdfast/admin.sock': { mode: 0o666 } } },
    [
      'sockets',
      'failure',
      /mode 0666 and owner 0/,
      'chown root:root /run/holdfast/admin.sock && chmod 0600 /run/holdfast/admin.sock',
    ],
  ],
  [
    'no unit',
    { texts: { [unit]: undefined } },
    ['boot', 'warning', /nothing starts the daemon at boot/, 'holdfast install'],
  ],
  [
    'a unit that is not before the engine',
    { texts: { [unit]: '[Unit]\nAfter=docker.service\n' } },
    ['boot', 'failure', /not ordered before docker\.service/, 'holdfast install --force'],
  ],
  [
    'a unit that is not enabled',
    { outputs: { 'systemctl is-enabled holdfast.service': 'disabled' } },
    ['boot', 'failure', /does not start at boot/, 'systemctl enable holdfast.service'],
  ],
  [
    'a directory that others may enter',
    { facts: { '/srv/gold': { mode: 0o755 } } },
    [
      'directories',
      'failure',
      /\/srv\/gold has mode 0755/,
      'chown root:root /srv/gold && chmod 0700 /srv/gold',
    ],
  ],
  [
    'a directory of another user',
    { facts: { '/var/lib/holdfast/state': { uid: 1000 } } },
    ['directories', 'failure', /owner 1000/, /^chown root:root/],
  ],
  [
    'a state file that was set aside',
    { folders: { '/run/holdfast/gold': ['ledger-1.jsonl.unreadable-2'] } },
    [
      'state',
      'warning',
      /could not be read, and was set aside/,
      'rm /run/holdfast/gold/ledger-1.jsonl.unreadable-2',
    ],
  ],
  [
    'a state file of another version',
    {
      folders: { '/var/lib/holdfast/state/gold': ['catalog.jsonl'] },
      texts: { '/var/lib/holdfast/state/gold/catalog.jsonl': 'v2 [1,2]\n' },
    },
    ['state', 'failure', /does not have the format of this version/, 'systemctl restart holdfast.service'],
  ],
  [
    'the state of a newer version',
    { texts: { '/var/lib/holdfast/state/gold/format.json': '{"format":2}' } },
    [
      'state',
      'failure',
      /state\/gold cannot be used: a newer Holdfast wrote it, .*: upgrade Holdfast/,
      undefined,
    ],
  ],
  [
    'a full disk',
    { space: { freeBytes: 1024 } },
    ['space', 'failure', /\/srv\/gold: 0 MiB of 1048576 are free/, /^du /],
  ],
  [
    'a disk that will soon be full',
    { space: { freeBytes: 2 ** 36 } },
    ['space', 'warning', /65536 MiB of/, /^du /],
  ],
  ['no inodes', { space: { usedInodes: 999 } }, ['space', 'failure', /1 of 1000 inodes/, /^du /]],
  [
    'a clock that is not synchronised',
    { outputs: { 'timedatectl show --property=NTPSynchronized --value': 'no' } },
    ['clock', 'warning', /is not synchronised/, 'timedatectl set-ntp true'],
  ],
  [
    'a missing helper',
    { ...drivers('nfs'), missing: ['mount.nfs'] },
    ['helpers', 'failure', /program mount\.nfs is not installed/, 'apt-get install nfs-common'],
  ],
  [
    'a missing helper that only some volumes need',
    { missing: ['mkfs.ext4'] },
    ['helpers', 'warning', /program mkfs\.ext4 is not installed/, 'apt-get install e2fsprogs'],
  ],
  [
    'backups are configured, and restic is not installed',
    {
      missing: ['restic'],
      configuration: {
        repositories: new Map([['nas', { url: '/srv/backup', passwordFile: '/p', environmentFiles: {} }]]),
      },
    },
    ['helpers', 'failure', /program restic is not installed/, 'apt-get install restic'],
  ],
  [
    'a kernel without a module',
    { ...drivers('glusterfs'), texts: { '/proc/filesystems': '\text4\n' } },
    ['helpers', 'failure', /neither the file system fuse nor the module fuse/, /^Boot a kernel that has it/],
  ],
  [
    'a mount root that is private',
    { mounts: [mounted(root), mounted(`${root}/gold/db`)] },
    ['mount-root', 'failure', /is a private mount/, `mount --make-shared ${root}`],
  ],
  [
    'a mount root that is no longer mounted',
    { mounts: [] },
    [
      'mount-root',
      'failure',
      /no longer a separate mount/,
      `mount --bind ${root} ${root} && mount --make-shared ${root}`,
    ],
  ],
  [
    'a leaked mount or a lost holder',
    {
      answers: {
        '/v1/recovery': {
          drivers: [
            {
              driver: 'gold',
              steps: [{ action: 'restage', volume: 'db', why: 'it is held, but not mounted' }],
            },
          ],
        },
      },
    },
    ['mounts', 'failure', /it is held, but not mounted \(restage\)/, 'holdfast recover'],
  ],
  [
    'a driver that cannot say what needs recovery',
    { answers: { '/v1/recovery': { drivers: [{ driver: 'gold', steps: [], error: { message: 'no' } }] } } },
    ['mounts', 'warning', /cannot say what needs recovery: no/, undefined],
  ],
  [
    'a foreign mount',
    { mounts: [mounted(root, 'shared:7'), mounted(`${root}/gold/db`), mounted(`${root}/gold/alien`)] },
    ['mounts', 'warning', /gold\/alien belongs to no volume of driver gold/, `umount ${root}/gold/alien`],
  ],
  [
    'a problem of the storage',
    {
      storage: [
        {
          driver: 'gold',
          findings: [{ level: 'failure', subject: 'server x', evidence: 'It is silent.', mend: 'start it' }],
        },
      ],
    },
    ['storage', 'failure', /It is silent/, 'start it'],
  ],
  [
    'an engine that hangs',
    { docker: { version: undefined } },
    [
      'engines',
      'failure',
      /has not answered on \/run\/docker\.sock within 2 s/,
      'systemctl restart docker.service',
    ],
  ],
  [
    'an engine that waits for one of its drivers',
    { docker: { volumes: undefined } },
    ['engines', 'failure', /one of its drivers does not answer/, 'docker volume ls'],
  ],
  [
    'an engine that does not see a driver',
    { docker: { drivers: ['local'] } },
    ['engines', 'failure', /does not have the driver gold, although its socket is in/, undefined],
  ],
  [
    'an engine that does not look where the socket is',
    { configuration: { socketDir: '/run/my own' }, docker: { drivers: ['local'] } },
    [
      'engines',
      'failure',
      /does not have the driver gold: it looks for sockets in/,
      "mkdir -p /etc/docker/plugins && echo 'unix:///run/my own/gold.sock' > /etc/docker/plugins/gold.spec",
    ],
  ],
  [
    'a socket whose name is a command',
    {
      folders: { '/run/docker/plugins': ['gold.sock', '$(reboot).sock'] },
      dead: ['/run/docker/plugins/$(reboot).sock'],
    },
    ['sockets', 'warning', /Nobody listens/, "rm '/run/docker/plugins/$(reboot).sock'"],
  ],
  [
    'a wrong socket of a daemon without a unit',
    { facts: { [unit]: undefined, '/run/docker/plugins/gold.sock': undefined } },
    ['sockets', 'failure', /gold\.sock is missing/, /^End the daemon, and start it again: `holdfast serve`/],
  ],
  [
    'no unit for a configuration of another name',
    { configuration: { file: '/srv/its own.yaml' }, texts: { [unit]: undefined } },
    ['boot', 'warning', /nothing starts the daemon/, "holdfast install --config '/srv/its own.yaml'"],
  ],
  [
    'no engine, although Docker is installed',
    { isWithoutEngine: true, facts: { '/etc/systemd/system/docker.service': {} } },
    ['engines', 'warning', /No engine of root seems to run/, 'systemctl start docker.service'],
  ],
  [
    'a disk that a driver requires',
    { configuration: { drivers: new Map([[gold, requiring('/mnt/usb')]]) } },
    ['required-mounts', 'failure', /Nothing is mounted at \/mnt\/usb/, 'mount /mnt/usb'],
  ],
  [
    'a short timeout of Podman',
    {
      texts: {
        '/etc/containers/containers.conf':
          '[engine.volume_plugins]\ngold = "/run/docker/plugins/gold.sock"\n',
      },
    },
    [
      'podman',
      'warning',
      /waits 5 s for a driver/,
      /^mkdir -p \S+ && printf '\[engine\]\\nvolume_plugin_timeout = 60\\n' > \S+\/holdfast\.conf$/,
    ],
  ],
  [
    'a volume under two driver names',
    {
      configuration: { joints: new Map([[other, { members: [gold], rules: [] }]]) },
      docker: { drivers: ['gold', 'shared'] },
    },
    ['engine-names', 'warning', /The engine knows db by the driver name gold/, undefined],
  ],
  [
    'a local volume that shadows ours',
    { docker: { volumes: [{ name: 'db', driver: 'local' }] } },
    ['shadowed-volumes', 'failure', /volume db of its own driver `local`/, 'docker volume rm db'],
  ],
  [
    'a container that could not start',
    {
      docker: {
        containers: [container('web', 'exited', 'db')],
        container: { name: 'web', error: 'driver not found', restartPolicy: 'always', isPaused: false },
      },
    },
    ['containers', 'failure', /Container web did not start: driver not found/, 'docker start web'],
  ],
  [
    'a stopped container that refers to a removed volume',
    {
      docker: {
        containers: [container('old', 'exited', 'gone')],
        container: { name: 'old', error: '', restartPolicy: 'no', isPaused: false },
      },
    },
    ['containers', 'warning', /Container old \(exited\) refers to volume gone/, 'docker rm old'],
  ],
];

describe('the doctor reports', () => {
  test.each(troubles)('%s', async (_, staged, [check, level, evidence, mend]) => {
    const findings = await examine(patientWith(staged));
    const found = findings.filter((finding) => finding.level !== 'ok' && finding.check === check);
    const right = found.find((finding) => evidence.test(finding.evidence));
    expect({ found, right }).toMatchObject({ right: { check, level } });
    if (mend === undefined) expect(right?.mend).toBeUndefined();
    else if (typeof mend === 'string') expect(right?.mend).toBe(mend);
    else expect(right?.mend).toMatch(mend);
  });
});

test('a check that could not run says why, and the others continue', async () => {
  const findings = await examine(patientWith({}), [
    { name: 'odd', run: () => Promise.reject(new Error('EIO: i/o error')) },
    { name: 'even', run: async () => [{ level: 'ok', subject: 'even', evidence: 'Well.' }] },
  ]);
  expect(findings).toEqual([
    { check: 'odd', level: 'warning', subject: 'odd', evidence: 'It could not be checked: EIO: i/o error' },
    { check: 'even', level: 'ok', subject: 'even', evidence: 'Well.' },
  ]);
});
