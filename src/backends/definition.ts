import type * as z from 'zod/mini';
import type { Audit } from '../core/audit.ts';
import type { Log } from '../core/log.ts';
import type { Options } from '../core/volume.ts';
import type { Report } from '../core/waits/progress.ts';
import type { Witness } from '../core/witness.ts';
import type { Host } from '../host/host.ts';
import type { Backend } from './backend.ts';

/** Describes a backend; made by `defineBackend`. `backends/index.ts` loads it only when a driver is configured with it. */
export interface BackendDefinition {
  readonly name: string;
  /** One line for the table of backends. */
  readonly summary: string;
  /** The keys of a driver's settings; each has a description, from which the documentation's table is printed. */
  readonly settings: z.ZodMiniObject;
  /** What `-o` takes; the documentation's table is printed from it. */
  readonly options: readonly OptionSpec[];
  /** Defaults of a managed plugin: each of these settings is the given folder of the plugin's own directory. */
  readonly pluginFolders: Readonly<Record<string, string>>;
  /** Checks the options of `defaults` or of a profile: aliases, names and values. Throws `invalid`. */
  checkOptions(options: Options): void;
  /** Reads the settings of one driver as written in the configuration; `explain` puts a problem with them into words. */
  readSettings(written: Readonly<Record<string, unknown>>, explain: z.core.$ZodErrorMap): ReadSettings;
}

export interface OptionSpec {
  readonly name: string;
  /** Spellings that users of other drivers know. Case does not matter. */
  readonly aliases: readonly string[];
  /** What it does, and its default. */
  readonly description: string;
  readonly example: string;
}

/** What a driver's backend is made from, apart from its settings. `defaults` and `profiles` are as written in the configuration. */
export interface BackendParts {
  readonly driver: string;
  /** Describes where a setting is written, for messages: its key and the file. */
  placeOf(key: string): string;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
  readonly host: Host;
  /** This driver's own directory below the mount root, for mounts that several volumes share. Made when needed. */
  readonly workDir: string;
  readonly audit: Audit;
  /** Told of work that may take longer than a moment; absent: nobody asks. */
  readonly report?: Report;
  /** The configured witnesses by name; a backend asks those that its settings name. */
  readonly witnesses: ReadonlyMap<string, Witness>;
  /** For problems that do not fail a call, such as one unreadable record among many. */
  readonly log: Log;
}

/** What a driver with its settings needs of the host and of the rest of the configuration. */
export interface DriverNeeds {
  /** A directory of this host that only this driver may use, and the setting that names it. */
  readonly directory?: { readonly setting: string; readonly path: string };
  /** Witnesses that must be configured, and the setting that names them. */
  readonly witnesses?: { readonly setting: string; readonly names: readonly string[] };
  /** Paths whose file systems must be mounted before the daemon starts. */
  readonly mounts: readonly string[];
  /** Whether the storage is reached over the network. */
  readonly network: boolean;
}

/** The settings of one driver, read by its backend. Only the backend sees their values. */
export interface DriverSettings {
  readonly needs: DriverNeeds;
  /** As they were read, secrets included: to tell whether another configuration has the same. */
  text(): string;
  /** As people write them, by name, with the defaults; secrets included. */
  shown(): Readonly<Record<string, unknown>>;
  /** Whether volumes that are mounted with the other settings can be kept under these: the same storage, and all allowed. */
  keepsVolumesOf(other: DriverSettings): boolean;
  /** Makes the driver's backend. Throws `invalid` for invalid defaults or profiles. No I/O. */
  open(parts: BackendParts): Backend;
}

type ReadSettings =
  | { readonly kind: 'usable'; readonly settings: DriverSettings }
  | { readonly kind: 'wrong'; readonly issues: readonly z.core.$ZodIssue[] };
