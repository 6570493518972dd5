import { field, listField, textField } from '../../core/json.ts';
import { parseVolumeName } from '../../core/names.ts';
import { asVolumeError, type VolumeError } from '../../core/volume-error.ts';
import type { DryRunVerb } from '../../http/admin/protocol.ts';
import type { AdminClient } from '../admin-client.ts';
import type { AroundOptions } from '../around-options.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { table } from '../table.ts';
import { driverOfRemoved, driverOfVolume, onlyDriver } from './choose-driver.ts';
import { dryRunPath } from './paths.ts';
import { driverOfSnapshots } from './snapshot-driver.ts';
import { usersOfVolume, withUsers } from './users.ts';

/** A command as it was typed, without `--dry-run`. */
export interface Wished extends TargetOptions {
  readonly verb: DryRunVerb;
  readonly option?: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly as?: string;
  readonly snapshot?: string;
  readonly place?: string;
  readonly size?: string;
  readonly whileInUse?: boolean;
  readonly around?: AroundOptions;
}

/** Prints what the daemon would do with each volume. If it would refuse, this fails with the same message. */
export function dryRun(
  client: AdminClient,
  names: readonly string[],
  wished: Wished,
): Promise<CommandResult> {
  return dryRunEach(client, names, (name) => [name, wished]);
}

/** The same for things with other names, such as snapshots. `meant`: the volume, and the wish for it. */
export async function dryRunEach(
  client: AdminClient,
  names: readonly string[],
  meant: (name: string) => readonly [volume: string, wished: Wished],
): Promise<CommandResult> {
  const volumes: object[] = [];
  const failures: VolumeError[] = [];
  const wishes = names.map((name) => {
    const [volume, wished] = meant(name);
    if (wished.as !== undefined) parseVolumeName(wished.as);
    return { name, volume: parseVolumeName(volume), wished };
  });
  for (const { name, volume, wished } of wishes) {
    try {
      volumes.push(await foresee(client, volume, wished));
    } catch (error) {
      failures.push(asVolumeError(error, `What would happen to ${name} is not known`));
    }
  }
  return { json: { dryRun: true, volumes }, text: volumes.map(described).join('\n'), failures };
}

async function foresee(client: AdminClient, name: string, wished: Wished): Promise<object> {
  const { verb, option = {}, id, as, snapshot, place, size, whileInUse, around } = wished;
  const driver = await driverFor(client, name, wished);
  // Undefined fields are not sent.
  const options = verb === 'create' || verb === 'modify' ? { options: option } : {};
  const more = { ...options, id, as, snapshot, place, size, whileInUse, ...around };
  try {
    return await client.ask('POST', dryRunPath(driver), { verb, name, ...more });
  } catch (error) {
    throw await withUsers(error, () => usersOfVolume(client, driver, name));
  }
}

function driverFor(client: AdminClient, name: string, wished: Wished): Promise<string> {
  if (wished.verb === 'create') return onlyDriver(client, wished.driver);
  if (wished.verb === 'undelete') return driverOfRemoved(client, name, wished);
  const ownerOf = wished.snapshot === undefined ? driverOfVolume : driverOfSnapshots;
  return ownerOf(client, name, wished.driver);
}

function described(answer: object): string {
  const whose = `Volume ${textField(answer, 'name')} of driver ${textField(answer, 'driver')}`;
  const steps = listField(answer, 'steps').map((step) => [
    `  ${textField(step, 'act')}`,
    textField(step, 'about'),
  ]);
  if (steps.length > 0) return `${whose} would:\n${table(steps)}`;
  return field(answer, 'volume') === undefined
    ? `${whose}: nothing to do.`
    : `${whose} exists: nothing to do.`;
}
