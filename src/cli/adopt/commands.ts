import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { withChange, withJson, withSocket } from '../common-options.ts';
import type { SeenMount } from './mounted.ts';
import type { MoveHost } from './move-host.ts';
import { type SourceName, sourceNames } from './sources.ts';

export interface AdoptParts {
  client(socket: string | undefined): Promise<AdminClient>;
  /** This host's mount table. */
  mounts(): Promise<readonly SeenMount[]>;
  /** Gives the work what it needs to move directories of this host. Throws unless the user is root. */
  withMoveHost<T>(work: (host: MoveHost) => Promise<T>): Promise<T>;
  finish(result: CommandResult): void;
}

interface AdoptOptions {
  readonly from: SourceName;
  readonly driver?: string;
  readonly socket?: string;
  readonly dryRun?: boolean;
  readonly undo?: boolean;
  readonly move?: string;
}

const places = `
The folder of each, by default:
  docker-local   /var/lib/docker/volumes
  local-persist  /var/lib/docker/plugin-data
  convoy         /var/lib/rancher/convoy
and of those that are seen only while they are mounted:
  netshare       /var/lib/docker-volumes/netshare/nfs
  rexray         /var/lib/rexray/volumes
  flocker        /flocker`;

export function addAdoptCommand(program: Command, parts: AdoptParts): void {
  withChange(withJson(withSocket(program.command('adopt <folder>'))))
    .description('adopt the volumes of another driver, where they are')
    .addOption(
      new Option('--from <driver>', 'the driver whose records are in the folder')
        .choices(sourceNames)
        .makeOptionMandatory(),
    )
    .option('-d, --driver <name>', 'the driver that gets them (default: the one with the backend)')
    .option(
      '--move <folder>',
      'move data that is in a directory of this host to this folder, and adopt it there',
    )
    .option('--undo', 'forget those that were adopted; their data stays. With --move, move it back')
    .addHelpText('after', places)
    .action(async (folder: string, options: AdoptOptions) => {
      const { sourcesOn } = await import('./sources.ts');
      const { diskIdIn } = await import('./mounted.ts');
      const { adopt } = await import('./adopt.ts');
      const diskId = (device: string) => diskIdIn('/sys/class/block', device);
      const found = await sourcesOn({ mounts: parts.mounts, diskId })[options.from](named(folder));
      const act = options.undo === true ? 'undo' : 'adopt';
      const how = { act, dryRun: options.dryRun === true, driver: options.driver } as const;
      const client = await parts.client(options.socket);
      const { move } = options;
      if (move === undefined) return parts.finish(await adopt(client, found, how));
      const { movesInto } = await import('./moves.ts');
      const moved = (host: MoveHost) => adopt(client, found, { ...how, moves: movesInto(host, named(move)) });
      parts.finish(await parts.withMoveHost(moved));
    });
}

/** An empty name, such as that of an unset variable, would be the current directory. */
function named(folder: string): string {
  if (folder === '') throw new VolumeError('invalid', 'The name of the folder is empty: give one.');
  return resolve(folder);
}
