import type { BackupConfiguration, RepositoryConfiguration } from '../config/configuration.ts';
import type { Log } from '../core/log.ts';
import type { BackupResult, Backups } from '../core/protect/backup.ts';
import type { Containers } from '../core/protect/containers.ts';
import { asVolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import type { FollowedPrograms, Host, Trees } from '../host/host.ts';
import { configured, listBackups } from './find.ts';
import { createJobs } from './jobs.ts';
import type { BackupParts } from './parts.ts';
import { createRestic } from './restic/restic.ts';
import { createRounds, lateVolumes } from './rounds.ts';
import { openBackupState } from './state.ts';
import { foreseeTask } from './steps/foresee.ts';
import { clearFolders } from './steps/in-folder.ts';
import { selectedVolumes } from './steps/selected.ts';
import { doTask } from './steps/tasks.ts';
import { openWebhooks } from './webhook.ts';

export interface BackupSettings {
  readonly repositories: ReadonlyMap<string, RepositoryConfiguration>;
  readonly plans: ReadonlyMap<string, BackupConfiguration>;
  drivers(): ReadonlyMap<string, VolumeDriver>;
  /** The others with storage of their own, whose volumes are not known. */
  notOpen(): readonly string[];
  readonly programs: FollowedPrograms;
  readonly trees: Trees;
  readonly host: Pick<Host, 'files' | 'now' | 'newId'>;
  readonly containers: Containers;
  readonly hostname: string;
  /** A private directory of its own. */
  readonly folder: string;
  readonly log: Log;
  /** Milliseconds before each attempt of a webhook; for tests. */
  readonly webhookPauses?: readonly number[];
  /** Milliseconds in which a manifest is awaited before the data is read; for tests. */
  readonly manifestPatience?: number;
  /** Seconds that the command which prints a password may take; for tests. */
  readonly passwordPatience?: number;
  /** Milliseconds in which a claim is seen by other hosts; for tests. */
  readonly claimSettling?: number;
  /** Milliseconds until a repository that another restic has locked is tried again; for tests. */
  readonly lockPause?: number;
}

/** How a volume is backed up by one plan, for the metrics. Times are milliseconds since the epoch. */
export interface BackupStanding {
  readonly backup: string;
  readonly driver: string;
  readonly volume: string;
  readonly lastGood?: number | undefined;
  readonly lastProof?: number | undefined;
  readonly isLate: boolean;
}

export interface OpenBackups extends Backups {
  /** Begins to follow the schedules. */
  start(): void;
  /** One round of the schedules, now. */
  round(): Promise<void>;
  standings(): Promise<readonly BackupStanding[]>;
  /** Interrupts what is under way. To be called before the drivers are closed. */
  close(): Promise<void>;
}

/** Milliseconds. A schedule has minutes. */
const roundPause = 20_000;
/** Milliseconds for a question to a repository, shorter than the patience of whoever asks. */
const patience = 100_000;

export async function openBackups(settings: BackupSettings): Promise<OpenBackups> {
  const { repositories, plans, host, folder, programs, hostname, containers } = settings;
  const { files } = host;
  const state = await openBackupState(files, settings.log, folder, host.now());
  const { passwordPatience } = settings;
  const restic = createRestic({ programs, files, folder: `${folder}/restic`, passwordPatience });
  const drivers = () => settings.drivers();
  const notOpen = () => settings.notOpen();
  const { trees } = settings;
  const webhooks = openWebhooks({ ...settings, files });
  const { log } = webhooks;
  const parts: BackupParts = {
    ...{
      repositories,
      plans,
      drivers,
      notOpen,
      restic,
      trees,
      files,
      host,
      containers,
      hostname,
      folder,
      state,
      log,
    },
    claimSettling: settings.claimSettling,
    manifestPatience: settings.manifestPatience,
    lockPause: settings.lockPause,
  };
  // It may take long, and the first task waits for it.
  const cleared = clearFolders(parts);
  const jobs = createJobs(
    () => host.newId(),
    async (task, reporter, signal) => {
      await cleared;
      await doTask(parts, task, reporter, signal);
    },
  );
  const rounds = createRounds(parts, jobs);
  let timer: NodeJS.Timeout | undefined;

  return {
    start() {
      timer = setInterval(() => void rounds.round(), roundPause).unref();
    },
    round: () => rounds.round(),
    async list(repository) {
      const names = repository === undefined ? [...repositories.keys()] : [repository];
      if (repository !== undefined) configured('repository', repositories, repository);
      await cleared;
      const failures: BackupResult[] = [];
      const found = await Promise.all(
        names.map(async (name) => {
          try {
            return (await listBackups(parts, name, AbortSignal.timeout(patience))).backups;
          } catch (thrown) {
            const { code, message } = asVolumeError(thrown, `Repository ${name} could not be listed`);
            failures.push({ outcome: 'failed', code, message });
            return [];
          }
        }),
      );
      const backups = found.flat().map(({ data: _, manifest: __, volumeId: ___, ...backup }) => backup);
      return {
        backups: backups.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
        failures,
        repositories: [...repositories.keys()],
        plans: [...plans.keys()],
      };
    },
    begin(task) {
      if ('plan' in task) configured('backup', plans, task.plan);
      else configured('repository', repositories, task.repository);
      return jobs.begin(task);
    },
    async foresee(task) {
      await cleared;
      return foreseeTask(parts, task, AbortSignal.timeout(patience));
    },
    job: (id) => jobs.job(id),
    news: (id, after, patience) => jobs.news(id, after, patience),
    async standings() {
      const all = await Promise.all(
        [...plans].map(async ([name, plan]) => {
          const late = await lateVolumes(parts, name);
          return selectedVolumes(parts, name, plan, undefined).map(({ driver, volume }) => {
            const { lastGood, lastProof } = state.volume(`${name} ${driver.name} ${volume}`);
            const isLate = late.some((one) => one.driver === driver.name && one.volume === volume);
            return { backup: name, driver: driver.name, volume, lastGood, lastProof, isLate };
          });
        }),
      );
      return all.flat();
    },
    async close() {
      clearInterval(timer);
      await jobs.close();
      await cleared;
      await rounds.ended();
      await webhooks.close();
    },
  };
}
