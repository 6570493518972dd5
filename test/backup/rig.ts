import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BackupSettings, type OpenBackups, openBackups } from '../../src/backup/open-backups.ts';
import { backupSchema } from '../../src/config/backup-schema.ts';
import type { Log } from '../../src/core/log.ts';
import { parseVolumeName } from '../../src/core/names.ts';
import type { BackupJob, BackupTask } from '../../src/core/protect/backup.ts';
import type { Containers } from '../../src/core/protect/containers.ts';
import type { Options, Volume } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import type { Aside, VolumeDriver } from '../../src/driver/volume-driver.ts';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import type { FollowedPrograms } from '../../src/host/host.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { standardSearchPath } from '../../src/host/run-command.ts';
import { openTrees } from '../../src/host/trees/open-trees.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';
import { noContainers } from '../fakes/no-containers.ts';

/** Other names of options, as backends have them. */
const aliases: Readonly<Record<string, string>> = {
  path: 'path',
  mountpoint: 'path',
  device: 'share',
  id: 'volumeId',
  snapshotid: 'snapshot',
};

export const password = 'correct-horse-battery';

/** A driver whose volumes are directories below a folder. */
interface DirectoryDriver extends VolumeDriver {
  /** The directory with the volume's data. */
  data(name: string): string;
  add(name: string, options?: Options): string;
  /** How it shows volumes to a reader; `in use`: only if that is accepted. */
  shows: Aside['consistency'] | 'in use';
}

function createDirectoryDriver(
  name: string,
  folder: string,
  backend = 'local',
  scope: 'local' | 'global' = 'local',
): DirectoryDriver {
  const volumes = new Map<string, Volume>();
  const data = (volume: string) => join(folder, name, volume, 'data');
  const add = (volume: string, options: Options = {}): string => {
    const made = parseVolumeName(volume);
    volumes.set(volume, {
      name: made,
      id: volume,
      options,
      given: options,
      createdAt: '2026-01-02T03:04:05Z',
    });
    mkdirSync(data(volume), { recursive: true });
    return data(volume);
  };
  const driver: DirectoryDriver = {
    ...createFakeDriver(name),
    backend,
    capabilities: { scope, sharing: 'many-hosts' },
    data,
    add,
    shows: 'unmounted',
    list: () => [...volumes.values()].map((volume) => ({ volume })),
    get: async (volume) => {
      const found = volumes.get(volume);
      return found && { volume: found, holders: [] };
    },
    async foresee(intent) {
      const options = intent.verb === 'create' ? Object.keys(intent.options) : [];
      const unknown = backend === 'local' ? undefined : options.find((key) => key === 'size');
      if (unknown !== undefined) throw new VolumeError('invalid', `There is no option ${unknown}.`);
      if (intent.verb !== 'create') return { steps: [] };
      // Like a backend, it knows an option by several names.
      const own = Object.fromEntries(
        Object.entries(intent.options).map(([key, value]) => [aliases[key.toLowerCase()] ?? key, value]),
      );
      const volume = {
        name: intent.name,
        id: 'new',
        options: own,
        given: own,
        createdAt: '2026-01-02T03:04:05Z',
      };
      return { steps: [], volume };
    },
    async readAside(asked, use, work) {
      const volume = volumes.get(asked);
      if (volume === undefined) throw new VolumeError('not-found', `There is no volume ${asked}.`);
      if (driver.shows === 'in use' && use === 'refuse')
        throw new VolumeError('in-use', `Volume ${asked} is in use.`);
      const consistency = driver.shows === 'in use' ? 'live' : driver.shows;
      return work({ path: data(asked), volume, consistency });
    },
    async fill(asked, options, work) {
      if (volumes.has(asked)) throw new VolumeError('conflict', `Volume ${asked} exists.`);
      const path = data(asked);
      mkdirSync(path, { recursive: true });
      try {
        await work(path);
      } catch (error) {
        rmSync(dirname(path), { recursive: true });
        throw error;
      }
      const volume = { name: asked, id: asked, options, given: options, createdAt: '2026-01-02T03:04:05Z' };
      volumes.set(asked, volume);
      return volume;
    },
  };
  return driver;
}

export interface BackupRig {
  readonly folder: string;
  readonly repository: string;
  readonly driver: DirectoryDriver;
  readonly other: DirectoryDriver;
  readonly backups: OpenBackups;
  readonly events: readonly (readonly [event: string, fields: Readonly<Record<string, unknown>>])[];
  /** What restic was given, its environment's names included. */
  readonly calls: readonly string[];
  clock: number;
  task(task: BackupTask): Promise<BackupJob>;
  /** As after a restart of the daemon. */
  reopen(plan?: object): Promise<BackupRig>;
  close(): Promise<void>;
}

export interface RigParts {
  /** Its folder comes first on the PATH. */
  readonly resticFolder?: string;
  readonly plan?: object;
  /** Where the repository is; default: in the rig's folder. The text of the URL's file. */
  readonly url?: string;
  /** restic's variables, each in the file of its name in the rig's folder. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly containers?: Containers;
  readonly hostname?: string;
  /** All volumes are seen by every host. */
  readonly scope?: 'global';
  readonly webhookPauses?: readonly number[];
}

/** A folder with an executable `restic` that is the fake. */
export function fakeResticFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-restic-'));
  symlinkSync(join(__dirname, '../fakes/restic/restic.mjs'), join(folder, 'restic'));
  symlinkSync(process.execPath, join(folder, 'node'));
  return folder;
}

export async function openBackupRig(parts: RigParts = {}): Promise<BackupRig> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-backup-'));
  writeFileSync(join(folder, 'password'), `${password}\n`, { mode: 0o600 });
  const [driver, other] = [
    createDirectoryDriver('holdfast', folder, 'local', parts.scope),
    createDirectoryDriver('shared', folder, 'nfs'),
  ];
  return open({ ...parts, folder, driver, other, clock: Date.now() });
}

type Opening = RigParts & Pick<BackupRig, 'folder' | 'driver' | 'other' | 'clock'>;

async function open(parts: Opening): Promise<BackupRig> {
  const { folder, driver, other, resticFolder, plan, url } = parts;
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const calls: string[] = [];
  const real = createFollowedPrograms(
    resticFolder === undefined ? standardSearchPath : `${resticFolder}:${standardSearchPath}`,
  );
  const programs: FollowedPrograms = {
    follow(program, args, how, signal) {
      calls.push([program, ...args].join(' '));
      return real.follow(program, args, how, signal);
    },
  };
  const events: [string, Readonly<Record<string, unknown>>][] = [];
  const log: Log = {
    enabled: () => true,
    write: (_, event, fields = {}) => void events.push([event, fields]),
  };
  const repository = join(folder, 'repository');
  const urlFile = join(folder, 'url');
  if (url !== undefined) writeFileSync(urlFile, url, { mode: 0o600 });
  const place = url === undefined ? { url: repository } : { urlFile };
  const environmentFiles: Record<string, string> = {};
  for (const [variable, value] of Object.entries(parts.environment ?? {})) {
    environmentFiles[variable] = join(folder, variable);
    writeFileSync(join(folder, variable), value, { mode: 0o600 });
  }
  const nas = { ...place, passwordFile: join(folder, 'password'), environmentFiles };
  const settings: BackupSettings = {
    repositories: new Map([['nas', nas]]),
    plans: new Map([
      ['nightly', backupSchema().parse({ repository: 'nas', schedule: '0 3 * * *', jitter: '0s', ...plan })],
    ]),
    drivers: () => new Map([driver, other].map((one) => [one.name, one])),
    programs,
    trees: openTrees(),
    host: { files: host.files, newId: host.newId, now: () => rig.clock },
    containers: parts.containers ?? noContainers,
    hostname: parts.hostname ?? 'host-a',
    claimSettling: 100,
    folder: join(folder, 'state'),
    log,
    ...(parts.webhookPauses && { webhookPauses: parts.webhookPauses }),
  };
  const backups = await openBackups(settings);
  const rig: BackupRig = {
    ...{ folder, repository, driver, other, backups, events, calls, clock: parts.clock },
    async task(task) {
      const { id } = backups.begin(task);
      for (;;) {
        const job = backups.job(id);
        if (job !== undefined && job.state !== 'running') return job;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async reopen(changed = plan ?? {}) {
      await backups.close();
      await host.close();
      return open({ ...parts, plan: changed, clock: rig.clock });
    },
    async close() {
      await backups.close();
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return rig;
}

/** All that a tree has, as the plain tools see it: one line per entry, then attributes. */
export function listing(root: string): string {
  const run = (script: string) =>
    execFileSync('sh', ['-c', script], {
      cwd: root,
      encoding: 'latin1',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
  const format = '%P %y %m %U:%G %s %T@ %l %n\\n';
  return [
    // The size of a directory is its file system's affair.
    run(`find . -type d -printf '%P d %m %U:%G %T@\\n' | sort`),
    run(`find . ! -type d -printf '${format}' | sort`),
    run('find . -type f -exec sha256sum {} + | sort'),
    run("getfattr -R -P -h -d -m '^(user|system|trusted|security.capability)' . 2>/dev/null || true"),
    run(
      'find . -type f -links +1 -printf "%i %P\\n" | sort | awk \'{if($1!=l)g++;l=$1;$1=g;print}\' | cut -d" " -f2-',
    ),
  ].join('\n');
}
