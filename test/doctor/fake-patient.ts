import type { Configuration, DriverConfiguration } from '../../src/config/configuration.ts';
import type { Json } from '../../src/core/json.ts';
import { parseDriverName } from '../../src/core/names.ts';
import type { Patient, StorageSeen } from '../../src/doctor/check.ts';
import type { Answers } from '../../src/engines/questions.ts';
import { engineAt } from '../../src/engines/usual-engines.ts';
import type { FileFacts, MountEntry, Space } from '../../src/host/host.ts';

/** What a test changes; everything else is as on a healthy machine. */
export interface Staged {
  readonly configuration?: Partial<Configuration>;
  readonly warnings?: Patient['warnings'];
  readonly isDown?: true;
  readonly isWithoutEngine?: true;
  readonly version?: string;
  /** By path; undefined: the path does not exist. */
  readonly facts?: Readonly<Record<string, Partial<FileFacts> | undefined>>;
  readonly texts?: Readonly<Record<string, string | undefined>>;
  readonly folders?: Readonly<Record<string, readonly string[]>>;
  /** Sockets on which nobody listens. */
  readonly dead?: readonly string[];
  readonly missing?: readonly string[];
  /** By command line; undefined: the command fails. */
  readonly outputs?: Readonly<Record<string, string | undefined>>;
  readonly space?: Partial<Space>;
  readonly mounts?: readonly MountEntry[];
  /** By path of the admin socket. */
  readonly answers?: Readonly<Record<string, Json>>;
  readonly storage?: readonly StorageSeen[];
  /** Docker's answers; undefined: it does not answer. */
  readonly docker?: Partial<{ readonly [K in keyof Answers]: Answers[K] | undefined }>;
}

const mountRoot = '/var/lib/holdfast/mnt';
export const noSettings: DriverConfiguration['settings'] = {
  needs: { directory: { setting: 'root', path: '/srv/gold' }, mounts: [], network: false },
  text: () => '',
  shown: () => ({}),
  keepsVolumesOf: () => false,
  open: () => unopened(),
};

function unopened(): never {
  throw new Error('no backend is opened here');
}

export const gold = parseDriverName('gold');

const configuration: Configuration = {
  file: '/etc/holdfast/config.yaml',
  mountRoot,
  stateDir: '/var/lib/holdfast/state',
  runtimeDir: '/run/holdfast',
  socketDir: '/run/docker/plugins',
  adminSocket: '/run/holdfast/admin.sock',
  log: { level: 'info', format: 'auto' },
  grace: 600_000,
  drivers: new Map([[gold, { backend: 'local', settings: noSettings, defaults: {}, profiles: {} }]]),
  joints: new Map(),
  witnesses: new Map(),
  repositories: new Map(),
  backups: new Map(),
};

export const unit = '/etc/systemd/system/holdfast.service';

export function mounted(mountpoint: string, ...propagation: readonly string[]): MountEntry {
  const empty = { options: [], superOptions: [], propagation };
  return {
    mountId: 1,
    parentId: 0,
    device: '8:1',
    root: '/',
    mountpoint,
    type: 'ext4',
    source: '/dev/sda1',
    ...empty,
  };
}

const healthy = {
  facts: { [unit]: {}, '/run/systemd/system': {} },
  texts: {
    [unit]: '[Unit]\nBefore=docker.service\n',
    '/proc/filesystems': 'nodev\tfuse\nnodev\tnfs4\n\text4\n',
    '/etc/containers/containers.conf': '[engine]\nvolume_plugin_timeout = 60\n# /run/docker/plugins\n',
  },
  folders: { '/run/docker/plugins': ['gold.sock', '.gold.lock'] },
  outputs: {
    'systemctl is-enabled holdfast.service': 'enabled',
    'timedatectl show --property=NTPSynchronized --value': 'yes',
  },
  answers: {
    '/v1/version': { version: '1.2.3' },
    '/v1/volumes': { volumes: [{ driver: 'gold', name: 'db', mountpoint: `${mountRoot}/gold/db` }] },
    '/v1/recovery': { drivers: [{ driver: 'gold', steps: [] }] },
  },
  mounts: [mounted(mountRoot, 'shared:7'), mounted(`${mountRoot}/gold/db`)],
  docker: {
    version: '27.1',
    volumes: [{ name: 'db', driver: 'gold' }],
    drivers: ['local', 'gold'],
    containers: [],
  },
} satisfies Staged;

/** The files of a host whose Docker is not installed as a service. */
const absent: NonNullable<Staged['facts']> = {
  '/etc/systemd/system/docker.service': undefined,
  '/usr/lib/systemd/system/docker.service': undefined,
};

const directory: FileFacts = {
  kind: 'directory',
  uid: 0,
  gid: 0,
  mode: 0o700,
  device: '8:1',
  inode: '2',
  size: 0,
  allocated: 0,
  changed: '1',
  modifiedAt: 1,
};
const socket: FileFacts = { ...directory, kind: 'other', mode: 0o600 };

export function patientWith(staged: Staged): Patient {
  const all = <T>(key: 'facts' | 'texts' | 'folders' | 'outputs' | 'answers' | 'docker') =>
    ({ ...healthy[key], ...staged[key] }) as Readonly<Record<string, T | undefined>>;
  const facts = { ...absent, ...all<Partial<FileFacts>>('facts') };
  const isUp = staged.isDown === undefined;
  return {
    configuration: { ...configuration, ...staged.configuration },
    warnings: staged.warnings ?? [],
    version: staged.version ?? '1.2.3',
    daemon: {
      socket: configuration.adminSocket,
      isUp,
      ask: async (path) => all<Json>('answers')[path] ?? Promise.reject(new Error(`no ${path}`)),
    },
    engines: staged.isWithoutEngine === undefined ? [engineAt('Docker', '/run/docker.sock')] : [],
    ask: async (kind) => {
      const answer = all<never>('docker')[kind];
      if (answer === undefined) throw new Error('no answer within 2 s');
      return answer;
    },
    diagnose: async () => staged.storage ?? [],
    system: {
      facts: async (path) => {
        if (path in facts && facts[path] === undefined) return undefined;
        return { ...(path.endsWith('.sock') ? socket : directory), ...facts[path] };
      },
      text: async (path) => all<string>('texts')[path],
      list: async (path) => all<readonly string[]>('folders')[path],
      program: async (name) => (staged.missing?.includes(name) ? undefined : `/usr/sbin/${name}`),
      output: async (...words) => all<string>('outputs')[words.join(' ')],
      isAnswered: async (path) => staged.dead?.includes(path) !== true,
      space: async () => ({
        freeBytes: 2 ** 40,
        usedBytes: 2 ** 40,
        inodes: 1000,
        usedInodes: 10,
        ...staged.space,
      }),
      mountTable: async () => staged.mounts ?? healthy.mounts,
      now: () => 0,
    },
  };
}
