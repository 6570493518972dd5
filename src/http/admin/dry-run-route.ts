import { operatorId } from '../../core/mount-ledger.ts';
import { parseSnapshotName, parseVolumeName, type VolumeName } from '../../core/names.ts';
import {
  type Around,
  type Containers,
  type ForeseenContainers,
  isAnything,
  type Prepared,
  quietly,
} from '../../core/protect/containers.ts';
import type { Foreseen, Intent, VolumeDriver } from '../../driver/volume-driver.ts';
import { parseOptions } from '../parse-options.ts';
import { volumeAnswer } from './answers.ts';
import { calls } from './protocol.ts';
import { driverNamed, readJson } from './requests.ts';
import { type AdminRoute, route } from './route.ts';
import { usedVolume } from './users.ts';

export function dryRunRoute(containers: Containers): AdminRoute {
  return route(calls.foresee, async (drivers, request) => {
    const driver = driverNamed(drivers, String(request.params.driver));
    const asked = await readJson(request, calls.foresee.body);
    const name = parseVolumeName(asked.name);
    const prepare = async (source: VolumeName) =>
      containers.foresee(await usedVolume(driver, source, drivers), asked);
    const { steps, volume } = await foreseen(driver, asked, name, prepare);
    return {
      driver: driver.name,
      name,
      verb: asked.verb,
      steps,
      ...(volume === undefined ? {} : { volume: volumeAnswer(driver.name, { volume }) }),
    };
  });
}

/** The containers of a copy are those of its source, which the driver knows. */
async function foreseen(
  driver: VolumeDriver,
  asked: Asked & Around,
  name: VolumeName,
  prepare: (source: VolumeName) => Promise<ForeseenContainers>,
): Promise<Foreseen> {
  const { verb } = asked;
  if (verb === 'create') {
    const options = parseOptions(asked.options, 'options');
    return driver.foresee({ verb, name, options, ...(isAnything(asked) && { prepare }) });
  }
  const around = await prepare(name);
  const { steps, volume } = await driver.foresee(intentOf({ ...asked, verb }, name, around));
  const before = around.steps.map((about) => ({ act: 'prepare', about }) as const);
  return { steps: [...before, ...steps], ...(volume === undefined ? {} : { volume }) };
}

interface Asked {
  readonly verb: Intent['verb'];
  readonly options?: unknown;
  readonly id?: string | undefined;
  readonly as?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly place?: string | undefined;
  readonly size?: string | undefined;
  readonly whileInUse?: boolean | undefined;
}

/** As the routes of the calls themselves read them. */
function intentOf(
  {
    verb,
    options,
    id,
    as,
    snapshot,
    place = '',
    size = '',
    whileInUse,
  }: Asked & { readonly verb: Exclude<Intent['verb'], 'create'> },
  name: VolumeName,
  around: Pick<Prepared, 'paused'>,
): Intent {
  if (verb === 'modify') return { verb, name, options: parseOptions(options, 'options') };
  if (verb === 'undelete') {
    const under = as === undefined ? {} : { as: parseVolumeName(as) };
    return { verb, name, ...(id === undefined ? {} : { id }), ...under };
  }
  if (verb === 'mount' || verb === 'unmount') return { verb, name, id: operatorId };
  if (verb === 'snapshot') {
    const use = quietly(whileInUse ? 'accept' : 'refuse', around);
    return { verb, name, snapshot: parseSnapshotName(snapshot), use };
  }
  if (verb === 'copy-snapshot') return { verb, name, snapshot: parseSnapshotName(snapshot), place };
  if (verb === 'remove-snapshot' || verb === 'rollback')
    return { verb, name, snapshot: parseSnapshotName(snapshot) };
  return verb === 'grow' ? { verb, name, size } : { verb, name };
}
