import type { BackupConfiguration, RepositoryConfiguration } from '../config/configuration.ts';
import type { Log } from '../core/log.ts';
import type { Containers } from '../core/protect/containers.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import type { Files, Host, Trees } from '../host/host.ts';
import type { Restic } from './restic/restic.ts';
import type { BackupState } from './state.ts';

/** What the work on backups needs. */
export interface BackupParts {
  readonly repositories: ReadonlyMap<string, RepositoryConfiguration>;
  readonly plans: ReadonlyMap<string, BackupConfiguration>;
  /** Those that are open, by name. */
  drivers(): ReadonlyMap<string, VolumeDriver>;
  /** The others with storage of their own, whose volumes are not known. */
  notOpen(): readonly string[];
  readonly restic: Restic;
  readonly trees: Trees;
  readonly files: Files;
  readonly host: Pick<Host, 'now' | 'newId'>;
  /** Those of this host's engines. */
  readonly containers: Containers;
  /** The name of this host. */
  readonly hostname: string;
  /** A private directory for manifests, scratch and caches. */
  readonly folder: string;
  readonly state: BackupState;
  /** Milliseconds in which a manifest is awaited before the data is read; for tests. */
  readonly manifestPatience?: number | undefined;
  /** Milliseconds in which a claim is seen by other hosts; for tests. */
  readonly claimSettling?: number | undefined;
  /** Milliseconds until a repository that another restic has locked is tried again; for tests. */
  readonly lockPause?: number | undefined;
  readonly log: Log;
}
