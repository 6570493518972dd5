import type { DriverSettings } from '../backends/definition.ts';
import type { LogLevel } from '../core/log.ts';
import type { NameRule } from '../core/name-rule.ts';
import type { DriverName } from '../core/names.ts';
import type { Around } from '../core/protect/containers.ts';
import type { Options } from '../core/volume.ts';

/** The daemon's whole configuration, checked and completed. Paths are absolute. */
export interface Configuration {
  /** The file it was read from; absent: without one. */
  readonly file?: string;
  /** Mountpoints are `<mountRoot>/<driver>/<volume>`. */
  readonly mountRoot: string;
  /** Catalog cache and audit log. */
  readonly stateDir: string;
  /** The ledger, which a reboot voids. */
  readonly runtimeDir: string;
  /** Where Docker looks for plugin sockets. */
  readonly socketDir: string;
  readonly adminSocket: string;
  /** Absent: the admin API is served on its socket only. */
  readonly adminTcp?: AdminTcp;
  /** In a managed plugin: the socket of its one driver, which the engine knows by this path alone. */
  readonly pluginSocket?: string;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Milliseconds after which a holder whose volume nobody uses is dropped. */
  readonly grace: number;
  /** Drivers with their own storage. */
  readonly drivers: ReadonlyMap<DriverName, DriverConfiguration>;
  /** Joint drivers: one name over several of `drivers`. */
  readonly joints: ReadonlyMap<DriverName, JointConfiguration>;
  readonly witnesses: ReadonlyMap<string, WitnessConfiguration>;
  readonly repositories: ReadonlyMap<string, RepositoryConfiguration>;
  /** Each names one of `repositories`. */
  readonly backups: ReadonlyMap<string, BackupConfiguration>;
}

/** Where backups are kept. Secrets are in files, which are read at each use. */
export interface RepositoryConfiguration {
  /** As restic writes it; absent: it is in `urlFile`. */
  readonly url?: string | undefined;
  readonly urlFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly passwordCommand?: string | undefined;
  /** Files by the variables whose values they have. */
  readonly environmentFiles: Readonly<Record<string, string>>;
}

export interface BackupConfiguration extends Around {
  readonly repository: string;
  /** As in crontab(5). */
  readonly schedule: string;
  /** Milliseconds. */
  readonly jitter: number;
  /** Absent: all. */
  readonly drivers?: readonly string[] | undefined;
  readonly volumes: readonly string[];
  readonly options: Options;
  readonly whileInUse: boolean;
  /** How many good backups are kept; absent: none of that kind. All are kept if none is given. */
  readonly keepLast?: number | undefined;
  readonly keepDaily?: number | undefined;
  readonly keepWeekly?: number | undefined;
  readonly keepMonthly?: number | undefined;
  readonly keepYearly?: number | undefined;
  /** As in crontab(5). */
  readonly prove: string;
  /** The file with the address that is called when a backup is late, failed or not proven. */
  readonly webhookFile?: string | undefined;
  /** Percent. */
  readonly proveShare: number;
  /** Milliseconds. */
  readonly proveWhole: number;
}

/** Checked: in plain text only on this host, unless the operator said otherwise. */
export interface AdminTcp {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** Files, which are read when they are needed. */
  readonly tokenFile: string;
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Whether metrics need no token. */
  readonly openMetrics: boolean;
  /** Whether the page in the browser is served. */
  readonly page: boolean;
}

/** `auto`: readable on a terminal, JSON lines elsewhere. */
export type LogFormat = 'auto' | 'json' | 'text';

export interface DriverConfiguration {
  readonly backend: string;
  /** As its backend read them. */
  readonly settings: DriverSettings;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
  /** Absent: it is not served to orchestrators by the Container Storage Interface. */
  readonly csi?: CsiConfiguration;
}

export interface CsiConfiguration {
  /** The path of its socket. */
  readonly endpoint: string;
  /** The plugin's, in the form of a domain name. */
  readonly name: string;
  readonly mode: 'controller' | 'node' | 'all';
  /** Absent: the host name. */
  readonly nodeId?: string;
  /** Whether it asks the orchestrator to stage volumes before it publishes them. */
  readonly staging: boolean;
}

export interface JointConfiguration {
  /** Keys of `Configuration.drivers`, at least one. */
  readonly members: readonly DriverName[];
  readonly rules: readonly NameRule[];
  /** Where volumes are made that neither an option nor a rule places. */
  readonly defaultMember?: DriverName;
}

export interface WitnessConfiguration {
  readonly kind: 'mesos' | 'swarm';
  /** `http://…`, `https://…` or `unix:///…`, without a slash at the end. */
  readonly addresses: readonly string[];
  /** Files, which are read when they are needed. */
  readonly credentialsFile?: string | undefined;
  readonly tls: {
    readonly ca?: string | undefined;
    readonly certificate?: string | undefined;
    readonly key?: string | undefined;
  };
  readonly match: 'hostname' | 'attribute';
  readonly attribute: string;
  /** Host names by machine ID. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly settled: number;
  /** Milliseconds. */
  readonly refresh: number;
}
