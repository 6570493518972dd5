import type { Configuration } from '../config/configuration.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import type { OpenWitness } from '../core/witness.ts';
import type { Examined } from '../doctor/examine.ts';
import type { EnginesWithOwn } from '../engines/own-volume.ts';
import type { Machine } from './bundle/machine.ts';
import type { CommandResult } from './command-result.ts';
import type { InstallSurroundings } from './install-results.ts';
import type { FileSystemOf } from './mesos/resources.ts';
import type { ServeOptions } from './program.ts';
import type { MeterParts } from './progress/meter.ts';
import type { RecoverHow, RecoverOffline } from './recover.ts';
import type { Usable } from './serve.ts';
import type { Terminal } from './terminal.ts';
import type { Down } from './why-down.ts';

/** What the command line needs of the process and the machine that it runs on. */
export interface CommandLineParts {
  readonly version: string;
  /** The command that starts this program, as a user types it. Default: "holdfast". */
  readonly command?: string;
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  /** The terminal's current size and colours; undefined if the output is not a terminal. */
  readonly terminal?: () => Terminal | undefined;
  /** Where progress is shown; absent: nowhere. */
  readonly progress?: Omit<MeterParts, 'err'>;
  /** The default path of the daemon's admin socket. */
  adminSocket(): Promise<string>;
  loadConfiguration(file: string | undefined): Promise<LoadedConfiguration>;
  /** Opens the configured witnesses, by name. */
  openWitnesses(
    configuration: Pick<Configuration, 'witnesses' | 'stateDir'>,
  ): Promise<ReadonlyMap<string, OpenWitness>>;
  readonly enginesWithOwn: EnginesWithOwn;
  readonly fileSystemOf: FileSystemOf;
  /** Looks at everything that a daemon of this configuration needs; `socket`: its admin socket, where another one is meant. */
  examine(loaded: Usable, socket: string | undefined): Promise<readonly Examined[]>;
  recoverOffline(file: string | undefined, how: RecoverHow): ReturnType<RecoverOffline>;
  serve(options: ServeOptions): Promise<CommandResult>;
  /** Waits before the next round of `--watch`; resolves with false to end. */
  pause?(milliseconds: number): Promise<boolean>;
  /** Asked when the daemon does not answer; default: nothing is known. */
  whyDown?(): Promise<Down>;
  /** Values of the environment's secret variables. */
  readonly secrets: readonly string[];
  /** Where a support bundle comes from; default: this machine. */
  readonly machine?: Machine;
  /** What the install commands read and change on the machine. */
  readonly surroundings: InstallSurroundings;
}
