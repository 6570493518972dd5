import { setTimeout as sleep } from 'node:timers/promises';
import { VolumeError } from '../core/volume-error.ts';
import type { AdminClient } from './admin-client.ts';
import type { CommandLineParts } from './command-line-parts.ts';
import type { CommandResult } from './command-result.ts';
import type { MesosParts } from './mesos/commands.ts';
import { type Printer, wrongUse } from './print.ts';
import type { ProgramParts } from './program.ts';
import type { RecoverHow } from './recover.ts';
import type { Usable } from './serve.ts';
import { withTypable } from './typable.ts';

/** Milliseconds that a look at the progress of a call may take. */
const lookPatience = 2000;

/** What the commands need, made of what this process has. Each loads its own code, so that the others start faster. */
export function programParts(
  parts: CommandLineParts,
  printer: Printer,
  finish: (result: CommandResult) => void,
  isQuiet: boolean,
): ProgramParts {
  const { client, clientWithin } = adminClients(parts, isQuiet);
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
    async recover({ config, socket, dryRun = false }) {
      const { recover } = await import('./recover.ts');
      return recover(await client(socket), (how) => parts.recoverOffline(config, how), { dryRun });
    },
    async reload({ socket, dryRun = false }) {
      const { reload } = await import('./reload.ts');
      return reload(await client(socket), { dryRun });
    },
    ...examinations(parts),
    ...machineParts(parts),
    ...mesosParts(parts),
    output: {
      writeOut: (text) => parts.out.write(withTypable(text, parts.command ?? 'holdfast')),
      writeErr: (text) => parts.err.write(text),
      outputError: (text) => printer.error('invalid', wrongUse(text)),
    },
  };
}

/** Clients of the daemon; the usual one shows the progress of its calls. */
function adminClients(
  parts: CommandLineParts,
  isQuiet: boolean,
): Pick<ProgramParts, 'client' | 'clientWithin'> {
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
  return { client, clientWithin };
}

/** What looks at the configuration and the machine, and at a daemon if there is one. */
function examinations(parts: CommandLineParts): Pick<ProgramParts, 'check' | 'doctor' | 'supportBundle'> {
  return {
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
  };
}

/** What changes the machine, and the look at its mounts. */
function machineParts({
  surroundings,
}: CommandLineParts): Pick<ProgramParts, 'install' | 'uninstall' | 'mounts' | 'withMoveHost'> {
  return {
    async install(options) {
      const { install } = await import('./install-results.ts');
      return install(options, surroundings);
    },
    async uninstall(options) {
      const { uninstall } = await import('./install-results.ts');
      return uninstall(options, surroundings);
    },
    mounts: () => surroundings.mountTable(),
    async withMoveHost(work) {
      if (!surroundings.isRoot)
        throw new VolumeError(
          'failed',
          'Moving data needs root: run `sudo holdfast adopt` with these options.',
        );
      const host = await surroundings.openMoveHost();
      try {
        return await work(host);
      } finally {
        await host.close();
      }
    },
  };
}

function mesosParts(parts: CommandLineParts): Omit<MesosParts, 'finish' | 'client'> {
  return {
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
  };
}
