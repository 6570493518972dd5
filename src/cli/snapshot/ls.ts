import { field, type Json, listField, textField } from '../../core/json.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { table } from '../table.ts';
import { storageDrivers } from '../volume/choose-driver.ts';
import { driverOfSnapshots } from '../volume/snapshot-driver.ts';
import { snapshotsPath } from './names.ts';

/** Lists the snapshots of one volume, or of all volumes of all drivers. */
export async function listSnapshots(
  client: AdminClient,
  volume: string | undefined,
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const drivers = await askedDrivers(client, volume, driver);
  const query = volume === undefined ? '' : `?volume=${encodeURIComponent(volume)}`;
  const answers = await Promise.all(drivers.map((one) => client.ask('GET', `${snapshotsPath(one)}${query}`)));
  const snapshots = answers.flatMap((answer) => listField(answer, 'snapshots'));
  const text =
    snapshots.length === 0
      ? 'There are no snapshots. Make one with `holdfast snapshot create VOLUME@NAME`.'
      : table([['DRIVER', 'SNAPSHOT', 'CREATED', 'MADE WHILE', 'COPIED'], ...snapshots.map(rowOf)]);
  const warnings = snapshots.map((one) => textField(one, 'unreadable')).filter((words) => words !== '');
  return { json: { snapshots }, text, warnings };
}

async function askedDrivers(
  client: AdminClient,
  volume: string | undefined,
  driver: string | undefined,
): Promise<readonly string[]> {
  if (volume !== undefined) return [await driverOfSnapshots(client, volume, driver)];
  return driver === undefined ? storageDrivers(client) : [driver];
}

const madeWhile: Readonly<Record<string, string>> = {
  unmounted: 'not in use',
  frozen: 'in use, frozen',
  paused: 'in use, paused',
  live: 'IN USE',
};

function rowOf(snapshot: Json): readonly string[] {
  const name = `${textField(snapshot, 'volume')}@${textField(snapshot, 'name')}`;
  if (textField(snapshot, 'unreadable') !== '')
    return [textField(snapshot, 'driver'), name, 'unreadable', 'unknown', 'unknown'];
  const consistency = textField(snapshot, 'consistency');
  const made = madeWhile[consistency] ?? consistency;
  const progress = field(snapshot, 'progress');
  const from = textField(snapshot, 'copiedFrom');
  const copied = `${typeof progress === 'number' ? `${progress} %` : 'complete'}${from === '' ? '' : `, from ${from}`}`;
  return [textField(snapshot, 'driver'), name, textField(snapshot, 'createdAt'), made, copied];
}
