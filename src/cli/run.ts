import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import type { Configuration } from '../config/configuration.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { OpenWitness } from '../core/witness.ts';
import type { Examined } from '../doctor/examine.ts';
import type { EnginesWithOwn } from '../engines/own-volume.ts';
import type { AdminClient } from './admin-client.ts';
import type { Machine } from './bundle/machine.ts';
import type { CommandResult } from './command-result.ts';
import type { InstallOptions } from './install-commands.ts';
import type { InstallSurroundings } from './install-results.ts';
import type { FileSystemOf } from './mesos/resources.ts';
import { createPrinter, type Printer, wrongUse } from './print.ts';
import { createProgram, type ProgramParts, type RecoverOptions, type ServeOptions } from './program.ts';
import type { MeterParts } from './progress/meter.ts';
import type { RecoverHow, RecoverOffline } from './recover.ts';
import type { Usable } from './serve.ts';
import type { Terminal } from './terminal.ts';
import { typablePrinter, withTypable } from './typable.ts';
import type { Down } from './why-down.ts';

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

export type ExitCode = 0 | 1 | 2;

/** Milliseconds that a look at the progress of a call may take. */
const lookPatience = 2000;

/** Runs one command: prints its result or its error and resolves with the exit code. Never rejects. */
export async function runCommandLine(words: readonly string[], parts: CommandLineParts): Promise<ExitCode> {
  const command = parts.command ?? 'holdfast';
  const form = words.includes('--json') ? 'json' : 'text';
  const printer = typablePrinter(createPrinter(form, parts.out, parts.err, parts.terminal?.()), command);
  let exitCode: ExitCode = 0;
  const program = createProgram(
    programParts(
      parts,
      printer,
      (result) => {
        printer.result(result);
        exitCode = result.failures?.length ? 1 : (result.exitCode ?? 0);
      },
      form === 'json' || words.includes('--quiet') || words.includes('-q'),
    ),
    words[0],
  );
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { code, message } = asVolumeError(error, 'The command failed');
    printer.error(code, message);
    return 1;
  }
}

function programParts(
  parts: CommandLineParts,
  printer: Printer,
  finish: (result: CommandResult) => void,
  isQuiet: boolean,
): ProgramParts {
  const clientWithin = async (
    deadline: number | undefined,
    socket: string | undefined,
  ): Promise<AdminClient> => {
    const { createAdminClient } = await import('./admin-client.ts');
    // A short deadline is for somebody who waits at the keyboard.
    const why = deadline === undefined ? parts.whyDown : undefined;
    return createAdminClient(socket ?? (await parts.adminSocket()), deadline, why);
  };
  const client = async (socket: string | undefined): Promise<AdminClient> => {
    const plain = await clientWithin(undefined, socket);
    if (parts.progress === undefined || isQuiet) return plain;
    const { createMeter } = await import('./progress/meter.ts');
    const { watchedClient } = await import('./progress/watched-client.ts');
    const meter = createMeter({ err: parts.err, ...parts.progress });
    const look = async () => (await clientWithin(lookPatience, socket)).ask('GET', '/v1/progress');
    return watchedClient(plain, { meter, look });
  };
  return {
    version: parts.version,
    finish,
    columns: () => parts.terminal?.()?.columns,
    pause: parts.pause ?? ((milliseconds) => sleep(milliseconds).then(() => true)),
    client,
    clientWithin,
    say: (text) => void parts.out.write(`${withTypable(text, parts.command ?? 'holdfast')}\n`),
    print: (text) => void parts.out.write(text),
    enginesWithOwn: parts.enginesWithOwn,
    serve: parts.serve,
    async check(file, { witnesses = false }) {
      const loaded = await parts.loadConfiguration(file);
      const { checkResult } = await import('./check.ts');
      if (!witnesses || loaded.kind === 'unusable') return checkResult(loaded);
      const { checkWitnesses } = await import('./check-witnesses.ts');
      return checkWitnesses(loaded, await parts.openWitnesses(loaded.configuration));
    },
    async doctor({ config, socket }) {
      const { doctor } = await import('./doctor.ts');
      const loaded = await parts.loadConfiguration(config);
      return doctor(loaded, {
        file: config,
        examine: (usable) => parts.examine(usable, socket),
        width: parts.terminal?.()?.columns,
      });
    },
    async supportBundle({ config, socket, output }) {
      const { makeBundle } = await import('./bundle/make.ts');
      const { thisMachine } = await import('./bundle/machine.ts');
      const { createAdminClient } = await import('./admin-client.ts');
      const path = socket ?? (await parts.adminSocket());
      const sources = {
        version: parts.version,
        client: (deadline: number) => createAdminClient(path, deadline),
        loaded: await parts.loadConfiguration(config),
        machine: parts.machine ?? thisMachine,
        examine: (usable: Usable) => parts.examine(usable, socket),
        recoverOffline: (how: RecoverHow) => parts.recoverOffline(config, how),
        now: Date.now(),
      };
      return makeBundle(sources, { output, secrets: parts.secrets });
    },
    async mesosWitness(options) {
      const { chooseMasters } = await import('./mesos/choose-masters.ts');
      const { name, configuration, stateDir } = await chooseMasters(options, parts.loadConfiguration);
      const witnesses = new Map([[name, configuration]]);
      const [witness] = (await parts.openWitnesses({ witnesses, stateDir })).values();
      if (witness === undefined) throw new VolumeError('failed', `The witness ${name} could not be opened.`);
      return witness;
    },
    async mesosOperator(options) {
      const { chooseMasters } = await import('./mesos/choose-masters.ts');
      const { configuration } = await chooseMasters(options, parts.loadConfiguration);
      const { openOperator } = await import('../witnesses/mesos/operator.ts');
      return openOperator(configuration, AbortSignal.timeout(30_000));
    },
    fileSystemOf: parts.fileSystemOf,
    mounts: () => parts.surroundings.mountTable(),
    async withMoveHost(work) {
      if (!parts.surroundings.isRoot)
        throw new VolumeError(
          'failed',
          'Moving data needs root: run `sudo holdfast adopt` with these options.',
        );
      const host = await parts.surroundings.openMoveHost();
      try {
        return await work(host);
      } finally {
        await host.close();
      }
    },
    async recover({ config, socket, dryRun = false }: RecoverOptions) {
      const { recover } = await import('./recover.ts');
      return recover(await client(socket), (how) => parts.recoverOffline(config, how), { dryRun });
    },
    async reload({ socket, dryRun = false }) {
      const { reload } = await import('./reload.ts');
      return reload(await client(socket), { dryRun });
    },
    async install(options: InstallOptions) {
      const { install } = await import('./install-results.ts');
      return install(options, parts.surroundings);
    },
    async uninstall(options: InstallOptions) {
      const { uninstall } = await import('./install-results.ts');
      return uninstall(options, parts.surroundings);
    },
    output: {
      writeOut: (text) => parts.out.write(withTypable(text, parts.command ?? 'holdfast')),
      writeErr: (text) => parts.err.write(text),
      outputError: (text) => printer.error('invalid', wrongUse(text)),
    },
  };
}
