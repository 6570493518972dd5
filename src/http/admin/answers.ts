import { csiNameOf } from '../../core/csi-name.ts';
import { drainVerdict } from '../../core/decisions/drain.ts';
import { operatorWords } from '../../core/operator-words.ts';
import { shown } from '../../core/shown.ts';
import { isUnreadable, type Options, type RemovedVolume, type Volume } from '../../core/volume.ts';
import type { VolumeError } from '../../core/volume-error.ts';
import { withWaysOut } from '../../core/way-out.ts';
import type {
  ListedVolume,
  StagedUse,
  UnusedVolume,
  VolumeDriver,
  VolumeView,
} from '../../driver/volume-driver.ts';
import { healthAnswer, usageAnswer } from '../plugin/protocol.ts';
import type { ErrorAnswer } from './shapes/common.ts';
import type { DrainedVolume } from './shapes/daemon.ts';
import type { DriverAnswer } from './shapes/drivers.ts';
import type { RemovedAnswer, UnusedAnswer, VolumeAnswer, VolumeDetailsAnswer } from './shapes/volumes.ts';

/** What the daemon knows about a driver besides the driver itself. */
export interface DriverPlace {
  readonly socket: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
}

/** On one line without control characters, with commands of `holdfast`. */
export function errorAnswer(error: VolumeError): ErrorAnswer['error'] {
  return { code: error.code, message: shown(withWaysOut(error, operatorWords)) };
}

export function driverAnswer(driver: VolumeDriver, place: DriverPlace | undefined): DriverAnswer {
  const { name, backend, capabilities, members } = driver;
  const { scope, sharing } = capabilities;
  const { health, ...counts } = driver.status();
  return {
    name,
    backend,
    scope,
    sharing,
    ...(members.length > 0 ? { members } : {}),
    ...counts,
    ...(health === undefined ? {} : { health: healthAnswer(health) }),
    ...(place === undefined ? {} : { socket: place.socket }),
  };
}

export function unusedAnswer(driver: string, { view, lastUsed }: UnusedVolume): UnusedAnswer {
  const used = lastUsed === undefined ? {} : { lastUsed: new Date(lastUsed).toISOString() };
  return { ...volumeDetailsAnswer(driver, view), ...used };
}

export function drainedVolume(driver: VolumeDriver, staged: StagedUse): DrainedVolume {
  const { view, use, users, ownMounts } = staged;
  const { volume, mountpoint, holders } = view;
  const { scope, sharing } = driver.capabilities;
  const isReadOnly = !isUnreadable(volume) && volume.options.readOnly === 'true';
  const isUnsettled =
    mountpoint === undefined || view.unmountsPending !== undefined || view.mustRestart !== undefined;
  const access = isReadOnly ? 'read-only' : 'read-write';
  const { act, ...verdict } = drainVerdict({ use, holders, scope, sharing, access, isUnsettled });
  const waysOut = act === undefined ? [] : [{ act, volume: volume.name, driver: driver.name }];
  const why = withWaysOut({ message: verdict.why, waysOut }, operatorWords);
  const place = mountpoint === undefined ? {} : { mountpoint };
  return { driver: driver.name, name: volume.name, ...place, holders, users, ownMounts, ...verdict, why };
}

export function volumeAnswer(driver: string, { volume, mountpoint }: ListedVolume): VolumeAnswer {
  const place = mountpoint === undefined ? {} : { mountpoint };
  const csiName = csiNameOf(volume.name);
  const names = { name: volume.name, ...(csiName === volume.name ? {} : { csiName }) };
  if (isUnreadable(volume)) return { driver, ...names, ...place, unreadable: volume.unreadable };
  const { id, createdAt, options } = volume;
  return { driver, ...names, id, createdAt, ...place, options };
}

export function volumeDetailsAnswer(driver: string, view: VolumeView): VolumeDetailsAnswer {
  const { volume, member, holders, catalogAge, health, usage, details, mustRestart, unmountsPending } = view;
  return {
    ...volumeAnswer(driver, view),
    ...(member === undefined ? {} : { member }),
    ...(isUnreadable(volume) ? {} : { given: volume.given }),
    holders,
    ...(catalogAge === undefined ? {} : { catalogAge }),
    ...(health === undefined ? {} : { health: healthAnswer(health) }),
    ...(usage === undefined ? {} : { usage: usageAnswer(usage) }),
    ...(details === undefined ? {} : { details }),
    ...(mustRestart === undefined ? {} : { mustRestart }),
    ...(unmountsPending === undefined ? {} : { unmountsPending }),
  };
}

export function removedAnswer(driver: string, removed: RemovedVolume): RemovedAnswer {
  const { volume, removedAt, purgeAfter } = removed;
  const purge = purgeAfter === undefined ? {} : { purgeAfter };
  return { driver, name: volume.name, id: volume.id, removedAt, ...purge };
}

/** A volume that was just brought back is not mounted, and nobody holds it. */
export function undeletedAnswer(driver: string, volume: Volume): VolumeAnswer {
  return volumeAnswer(driver, { volume });
}
