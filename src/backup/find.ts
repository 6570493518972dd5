import type { BackupConfiguration } from '../config/configuration.ts';
import { quote } from '../core/names.ts';
import { suggestion } from '../core/nearest.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import { type KnownBackup, type Sorted, sortSnapshots } from './decisions/tags.ts';
import type { BackupParts } from './parts.ts';
import { openRepository, type Repository } from './restic/repository.ts';

/** A thing of the configuration by its name. Throws `not-found`, with the nearest name. */
export function configured<T>(what: 'repository' | 'backup', all: ReadonlyMap<string, T>, name: string): T {
  const found = all.get(name);
  if (found !== undefined) return found;
  const names = [...all.keys()];
  const many = what === 'repository' ? 'repositories' : 'backups';
  const known = names.length === 0 ? `None is: add one to \`${many}\`.` : `Those are: ${names.join(', ')}.`;
  throw new VolumeError(
    'not-found',
    `No ${what} ${quote(name)} is configured. ${suggestion(name, names, known)}`,
  );
}

export function planNamed({ plans }: BackupParts, name: string): BackupConfiguration {
  return configured('backup', plans, name);
}

export function driverNamed({ drivers }: BackupParts, name: string): VolumeDriver {
  const found = drivers().get(name);
  if (found !== undefined) return found;
  const names = [...drivers().keys()];
  const known = `Open are: ${names.join(', ')}.`;
  throw new VolumeError('not-found', `There is no driver ${quote(name)}. ${suggestion(name, names, known)}`);
}

/** The driver that a backup is restored to, unless one is named: its own, if it is here, or the only one. Throws `invalid`. */
export function driverFor({ drivers }: BackupParts, { driver }: Pick<KnownBackup, 'driver'>): VolumeDriver {
  const all = [...drivers().values()];
  const [only, ...others] = all.filter(({ members }) => members.length === 0);
  const found = drivers().get(driver) ?? (others.length === 0 ? only : undefined);
  if (found !== undefined) return found;
  const names = all.map(({ name }) => name).join(', ');
  throw new VolumeError(
    'invalid',
    `The backup is of driver ${driver}, which is not here. Choose one with --driver: ${names}.`,
  );
}

export function repositoryNamed({ repositories, restic }: BackupParts, name: string): Repository {
  const configuration = configured('repository', repositories, name);
  return openRepository(restic, { name, configuration });
}

export async function listBackups(parts: BackupParts, name: string, signal: AbortSignal): Promise<Sorted> {
  const snapshots = await repositoryNamed(parts, name).snapshots(signal);
  return sortSnapshots(name, snapshots, (id) => parts.state.proof(id));
}
