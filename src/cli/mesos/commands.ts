import { type Command, Option } from 'commander';
import type { OpenWitness } from '../../core/witness.ts';
import type { MesosOperator } from '../../witnesses/mesos/operator.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { withJson, withSocket } from '../common-options.ts';
import type { MasterOptions } from './choose-masters.ts';
import type { OperationOptions, PersistOptions } from './operations.ts';
import type { FileSystemOf, ResourceOptions } from './resources.ts';

export interface MesosParts {
  /** The client of the given socket, or of the default one. */
  client(socket: string | undefined): Promise<AdminClient>;
  /** The masters given by options, or the configured ones. */
  mesosWitness(options: MasterOptions): Promise<OpenWitness>;
  mesosOperator(options: MasterOptions): Promise<MesosOperator>;
  readonly fileSystemOf: FileSystemOf;
  finish(result: CommandResult): void;
}

/** `holdfast mesos …`: the operator's tasks in Mesos for disks that Holdfast mounts. */
export function addMesosCommands(program: Command, parts: MesosParts): void {
  const mesos = program
    .command('mesos')
    .description('show Mesos agents, and offer volumes to Mesos as disks');
  addLooks(mesos, parts);
  addReservations(mesos, parts);
  addPersistence(mesos, parts);
}

function addLooks(mesos: Command, parts: MesosParts): void {
  withMasters(mesos.command('agents').description('show the agents that the Mesos masters see')).action(
    async (options: MasterOptions) => {
      const { agents } = await import('./agents.ts');
      parts.finish(await agents(await parts.mesosWitness(options)));
    },
  );
  withJson(withSocket(mesos.command('resources')))
    .description("print an agent's --resources for volumes mounted by hand")
    .argument('[name...]', 'the volumes (default: all volumes mounted by hand)')
    .option('-d, --driver <name>', 'the driver (default: inferred from the volume)')
    .addOption(
      new Option(
        '--as <kind>',
        'the type of disk (default: mount for volumes with a size, else path)',
      ).choices(['mount', 'path']),
    )
    .option('--role <role>', 'reserve the disks for this role, as long as the agent has this flag')
    .option('-o, --output <file>', 'write to a file, for --resources=file:///…')
    .action(async (names: readonly string[], options: ResourceOptions & { readonly socket?: string }) => {
      const { failedResources, mesosResources } = await import('./resources.ts');
      const result = parts
        .client(options.socket)
        .then((client) => mesosResources(client, names, options, parts.fileSystemOf));
      parts.finish(await result.catch(failedResources));
    });
}

type Options<T> = T & MasterOptions;

function addReservations(mesos: Command, parts: MesosParts): void {
  withSize(withRole(mesos.command('reserve'), "reserve an agent's disk for a role")).action(
    async (agent: string, root: string, options: Options<OperationOptions>) => {
      const { reserve } = await import('./operations.ts');
      parts.finish(await reserve(await parts.mesosOperator(options), { agent, root }, options));
    },
  );
  withSize(withRole(mesos.command('unreserve'), 'end the reservation of a disk')).action(
    async (agent: string, root: string, options: Options<OperationOptions>) => {
      const { unreserve } = await import('./operations.ts');
      parts.finish(await unreserve(await parts.mesosOperator(options), { agent, root }, options));
    },
  );
}

function addPersistence(mesos: Command, parts: MesosParts): void {
  withSize(withRole(mesos.command('persist'), 'create a persistent volume on a reserved disk'))
    .requiredOption('--id <id>', 'persistent volume ID, unique per agent and role')
    .option('--container-path <name>', "name in a task's sandbox (default: the ID)")
    .action(async (agent: string, root: string, options: Options<PersistOptions>) => {
      const { persist } = await import('./operations.ts');
      parts.finish(await persist(await parts.mesosOperator(options), { agent, root }, options));
    });
  withRole(mesos.command('destroy'), 'destroy a persistent volume, with all its data', 'id').action(
    async (agent: string, id: string, options: Options<OperationOptions>) => {
      const { destroy } = await import('./operations.ts');
      parts.finish(await destroy(await parts.mesosOperator(options), { agent, id }, options));
    },
  );
}

function withMasters(command: Command): Command {
  return withJson(command)
    .option('-c, --config <file>', 'configuration file with the witnesses')
    .option('--witness <name>', 'the witness to ask, if there are several')
    .option('--master <url>', 'ask this master instead; may be repeated', collect)
    .option('--credentials-file <file>', 'credentials to use instead; `-` reads them from stdin')
    .option('--ca <file>', 'CA certificate of the masters');
}

function withRole(command: Command, description: string, what: 'root' | 'id' = 'root'): Command {
  const second =
    what === 'root' ? "the disk's root, as in the agent's --resources" : "the persistent volume's ID";
  return withMasters(command.description(description))
    .argument('<agent>', "the agent's ID or host name")
    .argument(`<${what}>`, second)
    .requiredOption('--role <role>', 'the role')
    .option('-n, --dry-run', 'only print the request');
}

function withSize(command: Command): Command {
  return command
    .option('--size <size>', 'how much of a PATH disk, such as 10GiB')
    .option('--principal <name>', "principal to act as (default: the credentials')");
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
