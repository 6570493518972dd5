import { CommanderError } from 'commander';
import type { Configuration } from '../config/configuration.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { OpenWitness } from '../core/witness.ts';
import type { AdminClient } from './admin-client.ts';
import type { CommandResult } from './command-result.ts';
import type { InstallOptions } from './install-commands.ts';
import type { InstallSurroundings } from './install-results.ts';
import type { SpaceOf } from './mesos-resources.ts';
import { createPrinter, type Printer, wrongUse } from './print.ts';
import { createProgram, type ProgramParts, type RecoverOptions, type ServeOptions } from './program.ts';
import type { RecoverHow, RecoverOffline } from './recover.ts';

export interface CommandLineParts {
  readonly version: string;
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  /** Where the daemon's admin socket usually is. */
  adminSocket(): Promise<string>;
  loadConfiguration(file: string | undefined): Promise<LoadedConfiguration>;
  /** Those of the configuration, by name. */
  openWitnesses(
    configuration: Pick<Configuration, 'witnesses' | 'stateDir'>,
  ): Promise<ReadonlyMap<string, OpenWitness>>;
  readonly spaceOf: SpaceOf;
  recoverOffline(file: string | undefined, how: RecoverHow): ReturnType<RecoverOffline>;
  serve(options: ServeOptions): Promise<CommandResult>;
  /** What the installing commands see and change of the machine. */
  readonly surroundings: InstallSurroundings;
}

export type ExitCode = 0 | 1 | 2;

/** One command: prints its result, or its error, and returns the exit code. Never throws. */
export async function runCommandLine(words: readonly string[], parts: CommandLineParts): Promise<ExitCode> {
  const printer = createPrinter(words.includes('--json') ? 'json' : 'text', parts.out, parts.err);
  let exitCode: ExitCode = 0;
  const program = createProgram(
    programParts(parts, printer, (result) => {
      printer.result(result);
      exitCode = result.failures?.length ? 1 : (result.exitCode ?? 0);
    }),
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
): ProgramParts {
  const client = async (socket: string | undefined): Promise<AdminClient> => {
    const { createAdminClient } = await import('./admin-client.ts');
    return createAdminClient(socket ?? (await parts.adminSocket()));
  };
  return {
    version: parts.version,
    finish,
    client,
    serve: parts.serve,
    async check(file, { witnesses = false }) {
      const loaded = await parts.loadConfiguration(file);
      const { checkResult } = await import('./check.ts');
      if (!witnesses || loaded.kind === 'unusable') return checkResult(loaded);
      const { checkWitnesses } = await import('./check-witnesses.ts');
      return checkWitnesses(loaded, await parts.openWitnesses(loaded.configuration));
    },
    async mesosWitness(options) {
      const { chooseMasters } = await import('./choose-masters.ts');
      const { name, configuration, stateDir } = await chooseMasters(options, parts.loadConfiguration);
      const witnesses = new Map([[name, configuration]]);
      const [witness] = (await parts.openWitnesses({ witnesses, stateDir })).values();
      if (witness === undefined) throw new VolumeError('failed', `The witness ${name} could not be opened.`);
      return witness;
    },
    async mesosOperator(options) {
      const { chooseMasters } = await import('./choose-masters.ts');
      const { configuration } = await chooseMasters(options, parts.loadConfiguration);
      const { openOperator } = await import('../witnesses/mesos-operator.ts');
      return openOperator(configuration, AbortSignal.timeout(30_000));
    },
    spaceOf: parts.spaceOf,
    async recover({ config, socket, dryRun = false }: RecoverOptions) {
      const { recover } = await import('./recover.ts');
      return recover(await client(socket), (how) => parts.recoverOffline(config, how), { dryRun });
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
      writeOut: (text) => parts.out.write(text),
      writeErr: (text) => parts.err.write(text),
      outputError: (text) => printer.error('invalid', wrongUse(text)),
    },
  };
}
