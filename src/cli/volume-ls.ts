import { type Json, listField, textField } from '../core/json.ts';
import { parseDriverName } from '../core/names.ts';
import { asVolumeError, type VolumeError } from '../core/volume-error.ts';
import type { AdminClient } from './admin-client.ts';
import { storageDrivers } from './choose-driver.ts';
import type { CommandResult, TargetOptions } from './command-result.ts';
import { removedPath } from './paths.ts';
import { table } from './table.ts';

export async function listVolumes(
  client: AdminClient,
  options: TargetOptions & { readonly removed?: boolean },
): Promise<CommandResult> {
  return options.removed ? listRemoved(client, options) : listPresent(client, options);
}

async function listPresent(client: AdminClient, { driver }: TargetOptions): Promise<CommandResult> {
  const query = driver === undefined ? '' : `?driver=${encodeURIComponent(driver)}`;
  const volumes = listField(await client.ask('GET', `/v1/volumes${query}`), 'volumes');
  const rows = sorted(volumes).map((volume) => [
    textField(volume, 'driver'),
    textField(volume, 'name'),
    shortTime(textField(volume, 'createdAt')),
    textField(volume, 'mountpoint') || '-',
  ]);
  const text =
    rows.length === 0
      ? 'There are no volumes yet: make one with `holdfast volume create NAME`.'
      : table([['DRIVER', 'NAME', 'CREATED', 'MOUNTED AT'], ...rows]);
  return { json: { volumes }, text };
}

/** A driver whose storage cannot tell now does not hide the others. */
async function listRemoved(client: AdminClient, { driver }: TargetOptions): Promise<CommandResult> {
  const drivers = driver === undefined ? await storageDrivers(client) : [parseDriverName(driver)];
  const failures: VolumeError[] = [];
  const answers = await Promise.all(
    drivers.map((name) =>
      client.ask('GET', removedPath(name)).catch((error: unknown) => {
        failures.push(asVolumeError(error, `Driver ${name} cannot tell`));
        return undefined;
      }),
    ),
  );
  const removed = answers.flatMap((answer) => listField(answer, 'removed'));
  const rows = removed.map((volume) => [
    textField(volume, 'driver'),
    textField(volume, 'name'),
    textField(volume, 'id'),
    shortTime(textField(volume, 'removedAt')),
    shortTime(textField(volume, 'purgeAfter')) || 'never',
  ]);
  const text =
    rows.length === 0
      ? 'No removed volumes are kept.'
      : table([['DRIVER', 'NAME', 'ID', 'REMOVED', 'DELETED AFTER'], ...rows]);
  return { json: { removed }, text, failures };
}

function sorted(volumes: readonly Json[]): readonly Json[] {
  const key = (volume: Json): string => `${textField(volume, 'driver')} ${textField(volume, 'name')}`;
  return [...volumes].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** "2024-01-02 03:04" of an RFC 3339 time, UTC. */
export function shortTime(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
