import { operatorId } from '../../core/mount-ledger.ts';
import { parseVolumeName, type VolumeName } from '../../core/names.ts';
import { type Containers, isAnything } from '../../core/protect/containers.ts';
import { visitInTurns } from '../../core/waits/in-turns.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { callerOf } from '../delivery.ts';
import { parseOptions } from '../parse-options.ts';
import { removedAnswer, undeletedAnswer, unusedAnswer, volumeDetailsAnswer } from './answers.ts';
import { dryRunRoute } from './dry-run-route.ts';
import { calls } from './protocol.ts';
import { driverNamed, readJson, readQuery } from './requests.ts';
import { type AdminRoute, type Drivers, route, target } from './route.ts';
import type { VolumeDetailsAnswer } from './shapes/volumes.ts';
import { type AskContainers, usedVolume, usersOf } from './users.ts';

export function volumeRoutes(containers: AskContainers, preparing: Containers): readonly AdminRoute[] {
  return [
    ...lookRoutes(),
    userRoute(containers),
    ...changeRoutes(preparing),
    ...holderRoutes(),
    ...removedRoutes(),
    dryRunRoute(preparing),
  ];
}

function lookRoutes(): readonly AdminRoute[] {
  return [
    route(calls.volumes, async (drivers, request) => {
      const { driver: name } = readQuery(request, calls.volumes.query);
      const asked = name === undefined ? withStorage(drivers) : [driverNamed(drivers, name)];
      const volumes: VolumeDetailsAnswer[] = [];
      for (const driver of asked)
        await visitInTurns(driver.views(), (view) => volumes.push(volumeDetailsAnswer(driver.name, view)));
      return { volumes };
    }),
    route(calls.unused, async (drivers, { params }) => {
      const driver = driverNamed(drivers, String(params.driver));
      return { volumes: (await driver.unused()).map((unused) => unusedAnswer(driver.name, unused)) };
    }),
    route(calls.volume, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      return details(driver, name);
    }),
  ];
}

/** Separate from the details of the volume: it asks the kernel and the engines, which takes some time. */
function userRoute(containers: AskContainers): AdminRoute {
  return route(calls.users, async (drivers, request) => {
    const { driver, name } = target(drivers, request);
    return { driver: driver.name, name, ...(await usersOf(driver, name, drivers, containers)) };
  });
}

function changeRoutes(containers: Containers): readonly AdminRoute[] {
  return [
    route(calls.create, async (drivers, request) => {
      const driver = driverNamed(drivers, String(request.params.driver));
      const { name, options, ...around } = await readJson(request, calls.create.body);
      const prepare = async (source: VolumeName) =>
        containers.prepare(await usedVolume(driver, source, drivers), around);
      const wanted = isAnything(around) ? prepare : undefined;
      await driver.create(parseVolumeName(name), parseOptions(options, 'options'), wanted);
      return details(driver, parseVolumeName(name));
    }),
    route(calls.remove, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      await driver.remove(name);
      return { driver: driver.name, name };
    }),
  ];
}

/** An operator mounts a volume by hand, and unmounts it. */
function holderRoutes(): readonly AdminRoute[] {
  return [
    route(calls.mount, async (drivers, request, response) => {
      const { driver, name } = target(drivers, request);
      const mounted = await driver.mount(name, operatorId, callerOf(response));
      return { driver: driver.name, name, mountpoint: mounted.mountpoint };
    }),
    route(calls.unmount, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      await driver.unmount(name, operatorId);
      return { driver: driver.name, name };
    }),
    route(calls.release, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      return { driver: driver.name, name, ...(await driver.releaseVolume(name)) };
    }),
  ];
}

function removedRoutes(): readonly AdminRoute[] {
  return [
    route(calls.removed, async (drivers, { params }) => {
      const driver = driverNamed(drivers, String(params.driver));
      return { removed: (await driver.listRemoved()).map((removed) => removedAnswer(driver.name, removed)) };
    }),
    route(calls.undelete, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      const { id, as } = await readJson(request, calls.undelete.body);
      const under = as === undefined ? undefined : parseVolumeName(as);
      return undeletedAnswer(driver.name, await driver.undelete(name, id, under));
    }),
  ];
}

/** Leaves out joint drivers: their volumes are their members'. */
function withStorage(drivers: Drivers): readonly VolumeDriver[] {
  return [...drivers.values()].filter(({ members }) => members.length === 0);
}

async function details(driver: VolumeDriver, name: VolumeName): Promise<VolumeDetailsAnswer> {
  const view = await driver.get(name);
  if (view !== undefined) return volumeDetailsAnswer(driver.name, view);
  throw await driver.missing(name);
}
