import { hostname } from 'node:os';
import type { BackupStanding } from '../backup/open-backups.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Log } from '../core/log.ts';
import type { Backups } from '../core/protect/backup.ts';
import type { Containers } from '../core/protect/containers.ts';
import { noBackups } from '../core/protect/no-backups.ts';
import type { Host } from '../host/host.ts';
import type { DriverSet } from './drivers/set.ts';

export interface BackupRoom {
  readonly backups: Backups;
  standings(): Promise<readonly BackupStanding[]>;
  /** To be called before the drivers are closed. */
  close(): Promise<void>;
}

interface RoomParts {
  readonly set: Pick<DriverSet, 'drivers' | 'configuration'>;
  readonly host: Host;
  readonly containers: Containers;
  readonly log: Log;
}

/** Opens what the configuration says of backups. Its code is loaded only if that is anything. */
export async function openBackupRoom(
  { repositories, backups: plans, stateDir }: Configuration,
  { set, host, containers, log }: RoomParts,
): Promise<BackupRoom> {
  if (repositories.size === 0)
    return { backups: noBackups, standings: async () => [], close: async () => undefined };
  const { openBackups } = await import('../backup/open-backups.ts');
  const { createFollowedPrograms } = await import('../host/follow-program.ts');
  const { openTrees } = await import('../host/trees/open-trees.ts');
  const opened = await openBackups({
    repositories,
    plans,
    drivers: () => set.drivers(),
    notOpen: () => [...set.configuration().drivers.keys()].filter((name) => !set.drivers().has(name)),
    programs: createFollowedPrograms(),
    trees: openTrees(),
    host,
    containers,
    hostname: hostname(),
    folder: `${stateDir}/.backups`,
    log,
  });
  opened.start();
  return { backups: opened, standings: () => opened.standings(), close: () => opened.close() };
}
