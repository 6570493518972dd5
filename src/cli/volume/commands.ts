import type { Command } from 'commander';
import type { EnginesWithOwn } from '../../engines/own-volume.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { collectOption, withChange, withJson, withSocket } from '../common-options.ts';
import { addProtection } from '../snapshot/commands.ts';
import type { Wished } from './dry-run.ts';
import type { ListOptions } from './ls.ts';

export interface VolumeParts {
  readonly enginesWithOwn: EnginesWithOwn;
  client(socket: string | undefined): Promise<AdminClient>;
  finish(result: CommandResult): void;
  /** The terminal's width; undefined if the output is not a terminal. */
  columns(): number | undefined;
  /** Waits for the next round; resolves with false to end. */
  pause(milliseconds: number): Promise<boolean>;
}

interface ClientOptions extends TargetOptions {
  readonly socket?: string;
  readonly dryRun?: boolean;
}
type CreateOptions = ClientOptions & { readonly option?: Readonly<Record<string, string>> };
type UndeleteOptions = ClientOptions & { readonly id?: string; readonly as?: string };
type WatchedListOptions = ListOptions & ClientOptions & { readonly watch?: boolean };

/** Milliseconds between two rounds of `--watch`. */
const watchPace = 2000;

/** `holdfast volume …`. Each command loads only its own module, and no part of the daemon. */
export function addVolumeCommands(program: Command, parts: VolumeParts): void {
  const volume = program.command('volume').description('list, create, inspect, remove and mount volumes');
  addLooks(volume, parts);
  addChanges(volume, parts);
  addHolds(volume, parts);
  addProtection(volume, parts);
}

function addLooks(volume: Command, parts: VolumeParts): void {
  clientCommand(volume, 'ls', 'list volumes')
    .option('--removed', 'list removed volumes whose data is still kept')
    .option('--unused', 'list volumes that no host is known to use, with their last use')
    .option('-f, --filter <key=value>', 'list only matching volumes; may be repeated', collect)
    .option(
      '--sort <key>',
      'by name, driver, used, size, percent, state, health, created or lastUsed; `-used`: largest first',
    )
    .option('--format <format>', '`json`, or a Go template, optionally after `table`')
    .option('-q, --quiet', 'print only names')
    .option('-w, --watch', 'refresh every 2 s')
    .action((options: WatchedListOptions) => list(parts, options));
  clientCommand(volume, 'inspect <name>', 'show the details of a volume').action(
    async (name: string, options: ClientOptions) => {
      const { inspectVolume } = await import('./inspect.ts');
      parts.finish(await inspectVolume(await parts.client(options.socket), name, options));
    },
  );
}

async function list(parts: VolumeParts, options: WatchedListOptions): Promise<void> {
  const { listVolumes } = await import('./ls.ts');
  const client = await parts.client(options.socket);
  const look = () => listVolumes(client, options, parts.columns());
  if (options.watch !== true) return parts.finish(await look());
  do parts.finish({ ...(await look()), again: true });
  while (await parts.pause(watchPace));
}

const examples = `
Examples:
  sudo holdfast volume create demo -o size=1GiB
  docker run --rm -it -v demo:/data --volume-driver holdfast busybox`;

function addChanges(volume: Command, parts: VolumeParts): void {
  changeCommand(volume, 'create <name>', 'create a volume')
    .addHelpText('after', examples)
    .option('-o, --option <key=value>', 'a volume option; may be repeated', collectOption)
    .action(async (name: string, options: CreateOptions) => {
      if (options.dryRun) return foresee(parts, 'create', [name], options);
      const { createVolume } = await import('./changes.ts');
      parts.finish(await createVolume(await parts.client(options.socket), name, options));
    });
  changeCommand(volume, 'rm <name...>', 'remove volumes').action(
    async (names: readonly string[], options: ClientOptions) => {
      if (options.dryRun) return foresee(parts, 'remove', names, options);
      const { removeVolumes } = await import('./changes.ts');
      parts.finish(await removeVolumes(await parts.client(options.socket), names, options));
    },
  );
  changeCommand(volume, 'undelete <name>', 'bring a removed volume back')
    .option('--id <id>', 'which one, if several of this name were removed (default: the last)')
    .option('--as <name>', 'another name for it, such as while a new volume has its own')
    .action(async (name: string, options: UndeleteOptions) => {
      if (options.dryRun) return foresee(parts, 'undelete', [name], options);
      const { undeleteVolume } = await import('./changes.ts');
      const client = await parts.client(options.socket);
      parts.finish(await undeleteVolume(client, name, options, parts.enginesWithOwn));
    });
}

function addHolds(volume: Command, parts: VolumeParts): void {
  changeCommand(volume, 'mount <name>', 'mount a volume by hand, and keep it mounted').action(
    async (name: string, options: ClientOptions) => {
      if (options.dryRun) return foresee(parts, 'mount', [name], options);
      const { mountVolume } = await import('./changes.ts');
      parts.finish(await mountVolume(await parts.client(options.socket), name, options));
    },
  );
  changeCommand(volume, 'unmount <name>', 'unmount a volume that was mounted by hand').action(
    async (name: string, options: ClientOptions) => {
      if (options.dryRun) return foresee(parts, 'unmount', [name], options);
      const { unmountVolume } = await import('./changes.ts');
      parts.finish(await unmountVolume(await parts.client(options.socket), name, options));
    },
  );
  changeCommand(volume, 'release <name>', 'give up a volume on this host that nobody uses').action(
    async (name: string, options: ClientOptions) => {
      if (options.dryRun) return foresee(parts, 'release', [name], options);
      const { releaseVolume } = await import('./changes.ts');
      parts.finish(await releaseVolume(await parts.client(options.socket), name, options));
    },
  );
}

async function foresee(
  parts: VolumeParts,
  verb: Wished['verb'],
  names: readonly string[],
  options: ClientOptions & Omit<Wished, 'verb'>,
): Promise<void> {
  const { dryRun } = await import('./dry-run.ts');
  parts.finish(await dryRun(await parts.client(options.socket), names, { ...options, verb }));
}

function changeCommand(volume: Command, words: string, description: string): Command {
  return withChange(clientCommand(volume, words, description));
}

function clientCommand(volume: Command, words: string, description: string): Command {
  const command = volume.command(words).description(description);
  return withJson(
    withSocket(command.option('-d, --driver <name>', 'the driver (default: inferred from the volume)')),
  );
}

function collect(one: string, before: readonly string[] = []): readonly string[] {
  return [...before, one];
}
