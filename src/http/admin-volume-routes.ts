import type { Request, Response } from 'express';
import { operatorId } from '../core/mount-ledger.ts';
import { parseVolumeName, type VolumeName } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import {
  removedAnswer,
  undeletedAnswer,
  type VolumeDetailsAnswer,
  volumeAnswer,
  volumeDetailsAnswer,
} from './admin-protocol.ts';
import { driverNamed, readCreateRequest, readUndeleteRequest } from './admin-requests.ts';
import { callerOf } from './delivery.ts';
import { parseOptions } from './parse-options.ts';

export interface AdminRoute {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  /** 200 when absent. */
  readonly status?: number;
  answer(request: Request, response: Response): Promise<object>;
}

export type Drivers = ReadonlyMap<string, VolumeDriver>;

export function volumeRoutes(drivers: Drivers): readonly AdminRoute[] {
  return [
    ...lookRoutes(drivers),
    ...changeRoutes(drivers),
    ...holderRoutes(drivers),
    ...removedRoutes(drivers),
  ];
}

const volumePath = '/v1/volumes/:driver/:name';

function lookRoutes(drivers: Drivers): readonly AdminRoute[] {
  return [
    {
      method: 'get',
      path: '/v1/volumes',
      async answer({ query }) {
        const asked =
          query.driver === undefined ? withStorage(drivers) : [driverNamed(drivers, String(query.driver))];
        return {
          volumes: asked.flatMap((driver) =>
            Array.from(driver.list(), (listed) => volumeAnswer(driver.name, listed)),
          ),
        };
      },
    },
    {
      method: 'get',
      path: volumePath,
      async answer(request) {
        const { driver, name } = target(drivers, request);
        return details(driver, name);
      },
    },
  ];
}

function changeRoutes(drivers: Drivers): readonly AdminRoute[] {
  return [
    {
      method: 'post',
      path: '/v1/volumes/:driver',
      status: 201,
      async answer(request) {
        const driver = driverNamed(drivers, String(request.params.driver));
        const { name, options } = await readCreateRequest(request);
        await driver.create(parseVolumeName(name), parseOptions(options, 'options'));
        return details(driver, parseVolumeName(name));
      },
    },
    {
      method: 'delete',
      path: volumePath,
      async answer(request) {
        const { driver, name } = target(drivers, request);
        await driver.remove(name);
        return { driver: driver.name, name };
      },
    },
  ];
}

/** An operator takes a volume by hand, and gives it back. */
function holderRoutes(drivers: Drivers): readonly AdminRoute[] {
  return [
    {
      method: 'post',
      path: `${volumePath}/mount`,
      async answer(request, response) {
        const { driver, name } = target(drivers, request);
        const mounted = await driver.mount(name, operatorId, callerOf(response));
        return { driver: driver.name, name, mountpoint: mounted.mountpoint };
      },
    },
    {
      method: 'post',
      path: `${volumePath}/unmount`,
      async answer(request) {
        const { driver, name } = target(drivers, request);
        await driver.unmount(name, operatorId);
        return { driver: driver.name, name };
      },
    },
  ];
}

function removedRoutes(drivers: Drivers): readonly AdminRoute[] {
  return [
    {
      method: 'get',
      path: '/v1/removed/:driver',
      async answer({ params }) {
        const driver = driverNamed(drivers, String(params.driver));
        return {
          removed: (await driver.listRemoved()).map((removed) => removedAnswer(driver.name, removed)),
        };
      },
    },
    {
      method: 'post',
      path: '/v1/removed/:driver/:name/undelete',
      async answer(request) {
        const { driver, name } = target(drivers, request);
        const { id } = await readUndeleteRequest(request);
        return undeletedAnswer(driver.name, await driver.undelete(name, id));
      },
    },
  ];
}

/** A joint driver has no volumes but its members'. */
function withStorage(drivers: Drivers): readonly VolumeDriver[] {
  return [...drivers.values()].filter(({ members }) => members.length === 0);
}

function target(
  drivers: Drivers,
  { params }: Request,
): { readonly driver: VolumeDriver; readonly name: VolumeName } {
  return { driver: driverNamed(drivers, String(params.driver)), name: parseVolumeName(params.name) };
}

async function details(driver: VolumeDriver, name: VolumeName): Promise<VolumeDetailsAnswer> {
  const view = await driver.get(name);
  if (view !== undefined) return volumeDetailsAnswer(driver.name, view);
  throw new VolumeError('not-found', `Volume ${name} does not exist in driver ${driver.name}.`);
}
