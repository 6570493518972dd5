import { type Command, InvalidArgumentError } from 'commander';
import type { AdminClient } from './admin-client.ts';
import type { CommandResult, TargetOptions } from './command-result.ts';
import { withJson, withSocket } from './common-options.ts';

interface VolumeParts {
  client(socket: string | undefined): Promise<AdminClient>;
  finish(result: CommandResult): void;
}

interface ClientOptions extends TargetOptions {
  readonly socket?: string;
}
type CreateOptions = ClientOptions & { readonly option?: Readonly<Record<string, string>> };
type UndeleteOptions = ClientOptions & { readonly id?: string };
type ListOptions = ClientOptions & { readonly removed?: boolean };

/** `holdfast volume …`: each command loads its own module, and nothing of the daemon. */
export function addVolumeCommands(program: Command, parts: VolumeParts): void {
  const volume = program.command('volume').description('list, make, look at, remove and mount volumes');
  addLooks(volume, parts);
  addChanges(volume, parts);
  addHolds(volume, parts);
}

function addLooks(volume: Command, parts: VolumeParts): void {
  clientCommand(volume, 'ls', 'list volumes')
    .option('--removed', 'list the removed ones whose data is still kept')
    .action(async (options: ListOptions) => {
      const { listVolumes } = await import('./volume-ls.ts');
      parts.finish(await listVolumes(await parts.client(options.socket), options));
    });
  clientCommand(volume, 'inspect <name>', 'show all about a volume').action(
    async (name: string, options: ClientOptions) => {
      const { inspectVolume } = await import('./volume-inspect.ts');
      parts.finish(await inspectVolume(await parts.client(options.socket), name, options));
    },
  );
}

function addChanges(volume: Command, parts: VolumeParts): void {
  clientCommand(volume, 'create <name>', 'make a volume')
    .option('-o, --option <key=value>', 'an option of the volume; may be repeated', collectOption)
    .action(async (name: string, options: CreateOptions) => {
      const { createVolume } = await import('./volume-changes.ts');
      parts.finish(await createVolume(await parts.client(options.socket), name, options));
    });
  clientCommand(volume, 'rm <name...>', 'remove volumes').action(
    async (names: readonly string[], options: ClientOptions) => {
      const { removeVolumes } = await import('./volume-changes.ts');
      parts.finish(await removeVolumes(await parts.client(options.socket), names, options));
    },
  );
  clientCommand(volume, 'undelete <name>', 'bring a removed volume back')
    .option('--id <id>', 'which one, when several of the name were removed (default: the last one)')
    .action(async (name: string, options: UndeleteOptions) => {
      const { undeleteVolume } = await import('./volume-changes.ts');
      parts.finish(await undeleteVolume(await parts.client(options.socket), name, options));
    });
}

function addHolds(volume: Command, parts: VolumeParts): void {
  clientCommand(volume, 'mount <name>', 'mount a volume by hand, and keep it mounted').action(
    async (name: string, options: ClientOptions) => {
      const { mountVolume } = await import('./volume-changes.ts');
      parts.finish(await mountVolume(await parts.client(options.socket), name, options));
    },
  );
  clientCommand(volume, 'unmount <name>', 'give back a volume that was mounted by hand').action(
    async (name: string, options: ClientOptions) => {
      const { unmountVolume } = await import('./volume-changes.ts');
      parts.finish(await unmountVolume(await parts.client(options.socket), name, options));
    },
  );
}

function clientCommand(volume: Command, words: string, description: string): Command {
  const command = volume.command(words).description(description);
  return withJson(
    withSocket(command.option('-d, --driver <name>', 'the driver (default: the one it must be)')),
  );
}

function collectOption(
  pair: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as key=value.');
  const key = pair.slice(0, at);
  if (Object.hasOwn(before, key)) throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...before, [key]: pair.slice(at + 1) };
}
