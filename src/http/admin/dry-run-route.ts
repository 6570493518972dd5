import { operatorId } from '../../core/mount-ledger.ts';
import { parseSnapshotName, parseVolumeName, type VolumeName } from '../../core/names.ts';
import { type Containers, type Prepared, quietly } from '../../core/protect/containers.ts';
import type { Intent } from '../../driver/volume-driver.ts';
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
    const around = await containers.foresee(await usedVolume(driver, name, drivers), asked);
    const { steps: own, volume } = await driver.foresee(intentOf(asked, name, around));
    const steps = [...around.steps.map((about) => ({ act: 'prepare', about }) as const), ...own];
    return {
      driver: driver.name,
      name,
      verb: asked.verb,
      steps,
      ...(volume === undefined ? {} : { volume: volumeAnswer(driver.name, { volume }) }),
    };
  });
}

interface Asked {
  readonly verb: Intent['verb'];
  readonly options?: unknown;
  readonly id?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly size?: string | undefined;
  readonly whileInUse?: boolean | undefined;
}

/** As the routes of the calls themselves read them. */
function intentOf(
  { verb, options, id, snapshot, size = '', whileInUse }: Asked,
  name: VolumeName,
  around: Pick<Prepared, 'paused'>,
): Intent {
  if (verb === 'create' || verb === 'modify')
    return { verb, name, options: parseOptions(options, 'options') };
  if (verb === 'undelete') return { verb, name, ...(id === undefined ? {} : { id }) };
  if (verb === 'mount' || verb === 'unmount') return { verb, name, id: operatorId };
  if (verb === 'snapshot') {
    const use = quietly(whileInUse ? 'accept' : 'refuse', around);
    return { verb, name, snapshot: parseSnapshotName(snapshot), use };
  }
  if (verb === 'remove-snapshot' || verb === 'rollback')
    return { verb, name, snapshot: parseSnapshotName(snapshot) };
  return verb === 'grow' ? { verb, name, size } : { verb, name };
}
