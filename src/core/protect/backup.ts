import type { ErrorCode } from '../volume-error.ts';
import type { Around } from './containers.ts';
import type { Consistency } from './snapshot.ts';

/** A backup that is whole: its data and its manifest are in the repository. */
export interface Backup {
  /** 16 lower-case hex digits. */
  readonly id: string;
  readonly repository: string;
  /** The name of the backup in the configuration that made it. */
  readonly plan: string;
  readonly driver: string;
  readonly volume: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** The host that made it. */
  readonly host: string;
  readonly consistency: Consistency;
  readonly entries: number;
  readonly bytes: number;
  /** Entries that changed while they were read, so that their content is not known. */
  readonly unsettled: number;
  /** As this host knows; absent: it was not restored here yet. */
  readonly proof?: Proof;
}

/** A restore of a backup, compared with its manifest. */
export interface Proof {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly outcome: 'good' | 'bad';
  /** Whether all files were restored, or a part of them. */
  readonly extent: 'whole' | 'part';
  /** What differs, if it is bad. */
  readonly message?: string | undefined;
}

/** What can be asked of repositories and backups. It takes as long as it takes. */
export type BackupTask =
  | { readonly do: 'init' | 'check'; readonly repository: string }
  | {
      readonly do: 'run';
      readonly plan: string;
      /** Absent: all that the plan selects. */
      readonly volumes?: readonly string[] | undefined;
      readonly whileInUse?: boolean | undefined;
      /** Instead of what the plan says. */
      readonly around?: Around | undefined;
      /** By the schedule: a volume that another host has backed up since then (milliseconds since the epoch), or does now, is left to it. */
      readonly since?: number | undefined;
    }
  | { readonly do: 'prune'; readonly plan: string }
  | {
      readonly do: 'prove';
      readonly plan: string;
      readonly volumes?: readonly string[] | undefined;
      readonly whole?: boolean | undefined;
    }
  | {
      readonly do: 'restore';
      readonly repository: string;
      /** An ID or its beginning, or the name of a volume for its latest backup. */
      readonly backup: string;
      /** Absent: the backup's own, if it is here, or the only one. */
      readonly driver?: string | undefined;
      readonly name: string;
      readonly options: Readonly<Record<string, string>>;
    };

/** A task under way, or done. */
export interface BackupJob {
  readonly id: string;
  readonly task: BackupTask['do'];
  readonly state: 'running' | 'done' | 'failed';
  /** What it does now, for users. */
  readonly progress: string;
  /** What was done, one after the other. */
  readonly results: readonly BackupResult[];
  /** Present if it failed as a whole. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

export interface BackupResult {
  readonly outcome: 'ok' | 'failed';
  readonly driver?: string;
  readonly volume?: string;
  /** The ID of the backup. */
  readonly backup?: string;
  readonly code?: ErrorCode;
  /** Another host backs the volume up now. */
  readonly isElsewhere?: true;
  /** A sentence for users. */
  readonly message: string;
}

/** The repositories and backups of the configuration. Errors are VolumeErrors. */
export interface Backups {
  /** Asks the repositories, or one of them. What does not answer is in `failures`. */
  list(repository?: string): Promise<BackupList>;
  /** Begins a task. Throws `not-found` for a name that is not configured, with the nearest one. */
  begin(task: BackupTask): BackupJob;
  /** What a task would do; changes nothing. */
  foresee(task: BackupTask): Promise<readonly string[]>;
  /** Undefined: it is not known, as after a restart. */
  job(id: string): BackupJob | undefined;
  /** The same, once it is over or has more results than `after`; or as it is after `patience` milliseconds. */
  news(id: string, after: number, patience: number): Promise<BackupJob | undefined>;
}

interface BackupList {
  /** The newest first. */
  readonly backups: readonly Backup[];
  readonly failures: readonly BackupResult[];
  /** The names that are configured. */
  readonly repositories: readonly string[];
  readonly plans: readonly string[];
}
