import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupSettings, type OpenBackups, openBackups } from '../../src/backup/open-backups.ts';
import { backupSchema } from '../../src/config/schema/backups.ts';
import type { Log } from '../../src/core/log.ts';
import type { BackupJob, BackupTask } from '../../src/core/protect/backup.ts';
import type { Containers } from '../../src/core/protect/containers.ts';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import type { Files, FollowedPrograms, Trees } from '../../src/host/host.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { standardSearchPath } from '../../src/host/run-command.ts';
import { openTrees } from '../../src/host/trees/open-trees.ts';
import { noContainers } from '../fakes/no-containers.ts';
import { eventually } from '../lab/eventually.ts';
import { createDirectoryDriver, type DirectoryDriver } from './directory-driver.ts';

export const password = 'correct-horse-battery';

export interface BackupRig {
  readonly folder: string;
  readonly repository: string;
  readonly driver: DirectoryDriver;
  readonly other: DirectoryDriver;
  readonly backups: OpenBackups;
  readonly events: readonly (readonly [event: string, fields: Readonly<Record<string, unknown>>])[];
  /** What restic was given, its environment's names included. */
  readonly calls: readonly string[];
  /** How far a late manifest might be read, as that grew. */
  readonly limits: readonly number[];
  clock: number;
  task(task: BackupTask): Promise<BackupJob>;
  /** As after a restart of the daemon. */
  reopen(plan?: object, other?: RigParts): Promise<BackupRig>;
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
  /** Prints the password, instead of its file. */
  readonly passwordCommand?: string;
  readonly containers?: Containers;
  readonly hostname?: string;
  /** All volumes are seen by every host. */
  readonly scope?: 'global';
  readonly webhookPauses?: readonly number[];
  /** Drivers that cannot be opened. */
  readonly notOpen?: readonly string[];
  /** What is free where this host keeps scratch data. */
  readonly freeBytes?: number;
  /** Manifests are ready only once restic reads the data. Otherwise they are awaited, however busy the machine is. */
  readonly manifests?: 'late' | 'ready';
  /** Instead of those on the PATH. */
  readonly programs?: FollowedPrograms;
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
  const limits: number[] = [];
  const path = resticFolder === undefined ? standardSearchPath : `${resticFolder}:${standardSearchPath}`;
  const real = parts.programs ?? createFollowedPrograms(path);
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
  const { passwordCommand } = parts;
  const access =
    passwordCommand === undefined ? { passwordFile: join(folder, 'password') } : { passwordCommand };
  const nas = { ...place, ...access, environmentFiles };
  let opened: BackupRig | undefined;
  const settings: BackupSettings = {
    repositories: new Map([['nas', nas]]),
    plans: new Map([
      ['nightly', backupSchema().parse({ repository: 'nas', schedule: '0 3 * * *', jitter: '0s', ...plan })],
    ]),
    drivers: () => new Map([driver, other].map((one) => [one.name, one])),
    notOpen: () => parts.notOpen ?? [],
    programs,
    trees: parts.manifests === 'late' ? describedLate(openTrees(), calls, limits) : openTrees(),
    host: {
      files: { ...host.files, ...spaceOf(parts.freeBytes) },
      newId: host.newId,
      now: () => (opened ?? parts).clock,
    },
    containers: parts.containers ?? noContainers,
    hostname: parts.hostname ?? 'host-a',
    claimSettling: 100,
    lockPause: 100,
    passwordPatience: 1,
    manifestPatience: parts.manifests === 'late' ? 1 : 600_000,
    folder: join(folder, 'state'),
    log,
    ...(parts.webhookPauses && { webhookPauses: parts.webhookPauses }),
  };
  const backups = await openBackups(settings);
  const rig: BackupRig = {
    ...{ folder, repository, driver, other, backups, events, calls, limits, clock: parts.clock },
    async task(task) {
      const { id } = backups.begin(task);
      for (;;) {
        const job = backups.job(id);
        if (job !== undefined && job.state !== 'running') return job;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async reopen(changed = plan ?? {}, other = {}) {
      await backups.close();
      await host.close();
      return open({ ...parts, ...other, plan: changed, clock: rig.clock });
    },
    async close() {
      await backups.close();
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  opened = rig;
  return rig;
}

function spaceOf(freeBytes: number | undefined): Pick<Files, 'space'> | undefined {
  return freeBytes === undefined ? undefined : { space: async () => ({ freeBytes, usedBytes: 0 }) };
}

function describedLate(trees: Trees, calls: readonly string[], limits: number[]): Trees {
  const uploads = () => calls.filter((call) => call.startsWith('restic backup')).length;
  return {
    ...trees,
    async describe(...args) {
      const [, , , , pace] = args;
      pace?.onGrowth(() => limits.push(pace.limit()));
      const before = uploads();
      await eventually('restic reads the data', async () => uploads() > before);
      return trees.describe(...args);
    },
  };
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
