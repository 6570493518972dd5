import { type Command, Option } from 'commander';
import type { OpenWitness } from '../core/witness.ts';
import type { MesosOperator } from '../witnesses/mesos-operator.ts';
import type { AdminClient } from './admin-client.ts';
import type { MasterOptions } from './choose-masters.ts';
import type { CommandResult } from './command-result.ts';
import { withJson, withSocket } from './common-options.ts';
import type { OperationOptions, PersistOptions } from './mesos-operations.ts';
import type { ResourceOptions, SpaceOf } from './mesos-resources.ts';

export interface MesosParts {
  /** Of the socket given, or of the usual one. */
  client(socket: string | undefined): Promise<AdminClient>;
  /** Of the masters that the options name, or the configuration. */
  mesosWitness(options: MasterOptions): Promise<OpenWitness>;
  mesosOperator(options: MasterOptions): Promise<MesosOperator>;
  readonly spaceOf: SpaceOf;
  /** Takes what a command found out. */
  finish(result: CommandResult): void;
}

/** `holdfast mesos …`: what Mesos leaves to operators, for disks that Holdfast mounts. */
export function addMesosCommands(program: Command, parts: MesosParts): void {
  const mesos = program.command('mesos').description('show agents, and give Mesos the disks of volumes');
  addLooks(mesos, parts);
  addReservations(mesos, parts);
  addPersistence(mesos, parts);
}

function addLooks(mesos: Command, parts: MesosParts): void {
  withMasters(mesos.command('agents').description('show what the masters of Mesos see')).action(
    async (options: MasterOptions) => {
      const { agents } = await import('./mesos-agents.ts');
      parts.finish(await agents(await parts.mesosWitness(options)));
    },
  );
  withJson(withSocket(mesos.command('resources')))
    .description("print an agent's --resources for volumes that are mounted by hand")
    .argument('[name...]', 'the volumes (default: all that are mounted by hand)')
    .option('-d, --driver <name>', 'the driver (default: the one it must be)')
    .addOption(
      new Option(
        '--as <kind>',
        'the kind of disk (default: mount for volumes with a size, else path)',
      ).choices(['mount', 'path']),
    )
    .option('--role <role>', 'reserve them for this role, for as long as the agent has this flag')
    .action(async (names: readonly string[], options: ResourceOptions & { readonly socket?: string }) => {
      const { mesosResources } = await import('./mesos-resources.ts');
      parts.finish(await mesosResources(await parts.client(options.socket), names, options, parts.spaceOf));
    });
}

type Options<T> = T & MasterOptions;

function addReservations(mesos: Command, parts: MesosParts): void {
  withSize(withRole(mesos.command('reserve'), 'reserve a disk of an agent for a role')).action(
    async (agent: string, root: string, options: Options<OperationOptions>) => {
      const { reserve } = await import('./mesos-operations.ts');
      parts.finish(await reserve(await parts.mesosOperator(options), { agent, root }, options));
    },
  );
  withSize(withRole(mesos.command('unreserve'), 'give the reservation of a disk back')).action(
    async (agent: string, root: string, options: Options<OperationOptions>) => {
      const { unreserve } = await import('./mesos-operations.ts');
      parts.finish(await unreserve(await parts.mesosOperator(options), { agent, root }, options));
    },
  );
}

function addPersistence(mesos: Command, parts: MesosParts): void {
  withSize(withRole(mesos.command('persist'), 'make a persistent volume on a reserved disk'))
    .requiredOption('--id <id>', "the persistent volume's ID, one per agent and role")
    .option('--container-path <path>', 'where tasks see it (default: the ID)')
    .action(async (agent: string, root: string, options: Options<PersistOptions>) => {
      const { persist } = await import('./mesos-operations.ts');
      parts.finish(await persist(await parts.mesosOperator(options), { agent, root }, options));
    });
  withRole(mesos.command('destroy'), 'destroy a persistent volume, with all its data', 'id').action(
    async (agent: string, id: string, options: Options<OperationOptions>) => {
      const { destroy } = await import('./mesos-operations.ts');
      parts.finish(await destroy(await parts.mesosOperator(options), { agent, id }, options));
    },
  );
}

function withMasters(command: Command): Command {
  return withJson(command)
    .option('-c, --config <file>', 'whose witness is asked (default: the usual)')
    .option('--witness <name>', 'which one, when several of Mesos are configured')
    .option('--master <url>', 'a master to ask instead; may be repeated', collect)
    .option('--credentials-file <file>', 'other credentials; `-` reads them from stdin')
    .option('--ca <file>', "the authority of the masters' certificates");
}

function withRole(command: Command, description: string, what: 'root' | 'id' = 'root'): Command {
  const second =
    what === 'root' ? "the disk's root, as the agent's --resources have it" : "the persistent volume's ID";
  return withMasters(command.description(description))
    .argument('<agent>', "the agent's ID or host name")
    .argument(`<${what}>`, second)
    .requiredOption('--role <role>', 'the role')
    .option('-n, --dry-run', 'only print the request');
}

function withSize(command: Command): Command {
  return command
    .option('--size <size>', 'a part of a PATH disk, such as 10GiB')
    .option('--principal <name>', "on whose behalf (default: the credentials')");
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
