import type { LogLevel } from '../core/log.ts';
import type { NameRule } from '../core/name-rule.ts';
import type { DriverName } from '../core/names.ts';
import type { Options } from '../core/volume.ts';

/** The daemon's whole configuration, checked and completed. Paths are absolute. */
export interface Configuration {
  /** Mountpoints are `<mountRoot>/<driver>/<volume>`. */
  readonly mountRoot: string;
  /** Catalog cache and audit log. */
  readonly stateDir: string;
  /** The ledger, which a reboot voids. */
  readonly runtimeDir: string;
  /** Where Docker looks for plugin sockets. */
  readonly socketDir: string;
  readonly adminSocket: string;
  /** In a managed plugin: the socket of its one driver, which the engine knows by this path alone. */
  readonly pluginSocket?: string;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Milliseconds after which a holder whose volume nobody uses is dropped. */
  readonly grace: number;
  /** Those with storage of their own. */
  readonly drivers: ReadonlyMap<DriverName, DriverConfiguration>;
  /** Those that are one name over several of `drivers`. */
  readonly joints: ReadonlyMap<DriverName, JointConfiguration>;
  readonly witnesses: ReadonlyMap<string, WitnessConfiguration>;
}

/** `auto`: readable on a terminal, JSON lines elsewhere. */
export type LogFormat = 'auto' | 'json' | 'text';

export interface DriverConfiguration {
  readonly backend: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
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
