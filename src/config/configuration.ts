import type { LogLevel } from '../core/log.ts';
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
  readonly drivers: ReadonlyMap<DriverName, DriverConfiguration>;
}

/** `auto`: readable on a terminal, JSON lines elsewhere. */
export type LogFormat = 'auto' | 'json' | 'text';

export interface DriverConfiguration {
  readonly backend: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
}
