import { listField, textField } from '../../core/json.ts';
import { listed } from '../../core/listed.ts';
import { parseVolumeName, quote } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { table } from '../table.ts';
import { driverVolumesPath, dryRunPath } from '../volume/paths.ts';
import type { Found, Obstacle } from './found.ts';
import type { Moves } from './moves.ts';
import { sharedData } from './shared-data.ts';
import { requireNone, undo } from './undo.ts';

export interface AdoptHow {
  readonly act: 'adopt' | 'undo';
  readonly dryRun: boolean;
  /** Only volumes of its backend are adopted. */
  readonly driver?: string | undefined;
  /** Moves the data of volumes that are directories of this host. */
  readonly moves?: Moves | undefined;
}

type Outcome =
  | 'adopted'
  | 'would be adopted'
  | 'is adopted'
  | 'moved'
  | 'would be moved'
  | 'moved back'
  | 'would be moved back'
  | 'forgotten'
  | 'would be forgotten'
  | 'not adopted';

interface Line {
  readonly name: string;
  readonly driver: string;
  readonly outcome: Outcome;
}

/** Adopts what was found, or undoes that. One volume that cannot be adopted stops no other one. */
export async function adopt(
  client: AdminClient,
  found: readonly (Found | Obstacle)[],
  how: AdoptHow,
): Promise<CommandResult> {
  const drivers = await driversByBackend(client, how.driver);
  const shared = sharedData(found);
  const lines: Line[] = [];
  const failures: VolumeError[] = [];
  for (const one of found) {
    try {
      lines.push(await take(client, one, { ...how, drivers, shared }));
    } catch (error) {
      failures.push(asVolumeError(error, `Volume ${quote(one.name)} was not adopted`));
    }
  }
  const rows = lines.map(({ name, driver, outcome }) => [name, driver, outcome]);
  const nothing = found.length === 0 ? 'No volumes were found there.' : '';
  return {
    json: { dryRun: how.dryRun, volumes: lines },
    text: rows.length === 0 ? nothing : table([['VOLUME', 'DRIVER', 'OUTCOME'], ...rows]),
    failures,
    // What is wrong was found in the other driver's records: it was not typed.
    exitCode: failures.length > 0 ? 1 : 0,
  };
}

type Drivers = readonly { readonly name: string; readonly backend: string }[];

/** Joint drivers left out: an adopted volume has one place. */
async function driversByBackend(client: AdminClient, asked: string | undefined): Promise<Drivers> {
  const drivers = listField(await client.ask('GET', '/v1/drivers'), 'drivers')
    .filter((driver) => listField(driver, 'members').length === 0)
    .map((driver) => ({ name: textField(driver, 'name'), backend: textField(driver, 'backend') }));
  if (asked === undefined || drivers.some(({ name }) => name === asked)) return drivers;
  const which = `Those with a backend are ${listed(drivers.map(({ name }) => name))}.`;
  throw new VolumeError('not-found', `There is no driver ${quote(asked)} with a backend. ${which}`);
}

async function take(
  client: AdminClient,
  one: Found | Obstacle,
  how: AdoptHow & { readonly drivers: Drivers; readonly shared: ReadonlyMap<Found, string> },
): Promise<Line> {
  if ('obstacle' in one) throw cannot(one.name, one.obstacle);
  const name = parseVolumeName(one.name);
  const driver = driverFor(one, how);
  const { options, data } = one;
  if (how.act === 'undo' && how.moves === undefined && data?.mustMove !== undefined)
    return { name, driver, outcome: await requireNone(client, driver, name) };
  if (how.moves !== undefined && data !== undefined) {
    const other = how.act === 'adopt' ? how.shared.get(one) : undefined;
    if (other !== undefined) throw cannot(name, alsoOf(other, data.path));
    const outcome = await how.moves.take({ client, driver, name, data }, how);
    return { name, driver, outcome };
  }
  if (data?.mustMove !== undefined) throw cannot(name, data.mustMove);
  if (how.act === 'undo') return { name, driver, outcome: await undo(client, driver, one, how.dryRun) };
  const plan = await client.ask('POST', dryRunPath(driver), { verb: 'create', name, options });
  if (listField(plan, 'steps').length === 0) return { name, driver, outcome: 'is adopted' };
  if (how.dryRun) return { name, driver, outcome: 'would be adopted' };
  await client.ask('POST', driverVolumesPath(driver), { name, options });
  return { name, driver, outcome: 'adopted' };
}

/** Throws `invalid` if there is none of the volume's backend, or several to choose from. */
function driverFor(
  one: Found,
  { driver, drivers }: { readonly driver?: string | undefined; readonly drivers: Drivers },
): string {
  const fitting = drivers.filter(({ backend }) => backend === one.backend).map(({ name }) => name);
  if (driver !== undefined && fitting.includes(driver)) return driver;
  const [only, ...others] = fitting;
  if (driver === undefined && only !== undefined && others.length === 0) return only;
  if (driver === undefined && only !== undefined) {
    const which = `Several drivers have the backend ${one.backend}: ${listed(fitting)}.`;
    throw cannot(one.name, `${which} Choose one with --driver.`);
  }
  const none = driver === undefined ? 'no driver has it' : `the driver ${quote(driver)} does not have it`;
  const way = 'Add one to the configuration, or choose another with --driver.';
  throw cannot(one.name, `It needs the backend ${one.backend}, and ${none}. ${way}`);
}

function alsoOf(other: string, path: string): string {
  return `A move of ${quote(path)} would take data of volume ${quote(other)} with it: adopt them where they are, or copy the data.`;
}

function cannot(name: string, why: string): VolumeError {
  return new VolumeError('invalid', `Volume ${quote(name)} was not adopted. ${why}`);
}
