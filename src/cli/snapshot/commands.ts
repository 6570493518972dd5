import type { Command } from 'commander';
import type { AdminClient } from '../admin-client.ts';
import { type AroundOptions, withAround } from '../around-options.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { collectOption, withChange, withJson, withSocket } from '../common-options.ts';

export interface SnapshotParts {
  client(socket: string | undefined): Promise<AdminClient>;
  finish(result: CommandResult): void;
}

type ClientOptions = TargetOptions & {
  readonly socket?: string;
  readonly dryRun?: boolean;
  readonly whileInUse?: boolean;
};
type CloneOptions = ClientOptions & AroundOptions & { readonly option?: Readonly<Record<string, string>> };

const examples = `
Examples:
  sudo holdfast snapshot create db@before
  sudo holdfast volume clone db@before copy
  sudo holdfast volume rollback db@before`;

/** `holdfast snapshot …`. */
export function addSnapshotCommands(program: Command, parts: SnapshotParts): void {
  const snapshot = program.command('snapshot').description('keep states of volumes, list and remove them');
  withAround(
    withWhileInUse(
      withTargetToChange(
        snapshot.command('create <volume@name>').description('keep the present state of a volume'),
      ),
    ),
  )
    .addHelpText('after', examples)
    .action(async (named: string, options: ClientOptions & AroundOptions) => {
      const { createSnapshot } = await import('./changes.ts');
      parts.finish(await createSnapshot(await parts.client(options.socket), named, options));
    });
  withTarget(snapshot.command('ls [volume]').description('list snapshots')).action(
    async (volume: string | undefined, options: ClientOptions) => {
      const { listSnapshots } = await import('./ls.ts');
      parts.finish(await listSnapshots(await parts.client(options.socket), volume, options));
    },
  );
  withTargetToChange(snapshot.command('copy <volume@name>').description('copy a snapshot to another region'))
    .requiredOption('--to <region>', 'the region that gets the copy, such as eu-west-1')
    .action(async (named: string, options: ClientOptions & { readonly to: string }) => {
      const { copySnapshot } = await import('./changes.ts');
      parts.finish(await copySnapshot(await parts.client(options.socket), named, options));
    });
  withTargetToChange(
    snapshot.command('rm <volume@name...>').description('delete snapshots permanently'),
  ).action(async (named: readonly string[], options: ClientOptions) => {
    const { removeSnapshots } = await import('./changes.ts');
    parts.finish(await removeSnapshots(await parts.client(options.socket), named, options));
  });
}

/** The commands of `holdfast volume …` that use snapshots or change a whole volume. */
export function addProtection(volume: Command, parts: SnapshotParts): void {
  withAround(
    withWhileInUse(
      withTargetToChange(
        volume
          .command('clone <source> <name>')
          .description('make a copy of a volume, or of its snapshot VOLUME@NAME'),
      ),
    ),
  )
    .option('-o, --option <key=value>', 'a volume option; may be repeated', collectOption)
    .action(async (source: string, name: string, options: CloneOptions) => {
      const { cloneVolume } = await import('./changes.ts');
      parts.finish(await cloneVolume(await parts.client(options.socket), source, name, options));
    });
  withTargetToChange(
    volume.command('rollback <volume@name>').description('give a volume the data of its snapshot'),
  ).action(async (named: string, options: ClientOptions) => {
    const { rollbackVolume } = await import('./changes.ts');
    parts.finish(await rollbackVolume(await parts.client(options.socket), named, options));
  });
  withTargetToChange(volume.command('grow <name> <size>').description('make a volume larger')).action(
    async (name: string, size: string, options: ClientOptions) => {
      const { growVolume } = await import('./changes.ts');
      parts.finish(await growVolume(await parts.client(options.socket), name, size, options));
    },
  );
  addModify(volume, parts);
}

function addModify(volume: Command, parts: SnapshotParts): void {
  withTargetToChange(
    volume
      .command('modify <name>')
      .description('change options of a volume, such as the type of an EBS volume'),
  )
    .option('--type <type>', 'the type of EBS volume, such as gp3')
    .option('--iops <number>', 'operations per second')
    .option('--throughput <number>', 'MiB per second')
    .option('--size <size>', 'a larger size, in the same change')
    .option('-o, --option <key=value>', 'another volume option; may be repeated', collectOption)
    .action(async (name: string, options: ClientOptions) => {
      const { modifyVolume } = await import('./changes.ts');
      parts.finish(await modifyVolume(await parts.client(options.socket), name, options));
    });
}

function withTarget(command: Command): Command {
  return withJson(
    withSocket(command.option('-d, --driver <name>', 'the driver (default: inferred from the volume)')),
  );
}

function withWhileInUse(command: Command): Command {
  return command.option('--while-in-use', 'also a copy whose files are of different moments');
}

function withTargetToChange(command: Command): Command {
  return withChange(withTarget(command));
}
