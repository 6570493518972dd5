import type { RecoveryStep } from '../core/recovery-plan.ts';
import type { Options, RemovedVolume, Volume } from '../core/volume.ts';
import type { ErrorCode } from '../core/volume-error.ts';
import type {
  HolderView,
  ListedVolume,
  TakenStep,
  VolumeDriver,
  VolumeView,
} from '../driver/volume-driver.ts';
import { healthAnswer } from './plugin-protocol.ts';

/*
 * What the admin socket answers, and the `holdfast` command prints with `--json`: shapes only grow. Every answer is a
 * JSON object; an error has a status that is not 2xx.
 */

export interface ErrorAnswer {
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

export interface DriverAnswer {
  readonly name: string;
  readonly backend: string;
  readonly scope: string;
  readonly sharing: string;
  /** Of a joint driver: the drivers whose volumes it has. */
  readonly members?: readonly string[];
}

export interface VolumeAnswer {
  readonly driver: string;
  readonly name: string;
  readonly id: string;
  /** RFC 3339, UTC; so are all times. */
  readonly createdAt: string;
  /** Present while the volume is mounted on this host. */
  readonly mountpoint?: string;
  readonly options: Options;
}

export interface VolumeDetailsAnswer extends VolumeAnswer {
  /** The options that the creator gave; the others are from profile and defaults. */
  readonly given: Options;
  readonly holders: readonly HolderView[];
  /** Of a joint driver: the member that has the volume. */
  readonly member?: string;
  /** Milliseconds since the list of volumes was last read from the storage. */
  readonly catalogAge?: number;
  /** Of the storage server, when it was last asked. */
  readonly health?: HealthAnswer;
  /** Where the data is and who has it, as last seen. */
  readonly details?: VolumeView['details'];
  /** Who has a mount of the volume that died, and must be restarted. */
  readonly mustRestart?: VolumeView['mustRestart'];
}

interface HealthAnswer {
  readonly state: string;
  readonly server: string;
  readonly detail: string;
  readonly checkedAt: string;
}

export interface RemovedAnswer {
  readonly driver: string;
  readonly name: string;
  readonly id: string;
  readonly removedAt: string;
  /** Absent: the data is kept until an operator decides. */
  readonly purgeAfter?: string;
}

export interface RecoveryAnswer {
  readonly driver: string;
  readonly steps: readonly (RecoveryStep | TakenStep)[];
  /** Present when the driver could not tell. */
  readonly error?: ErrorAnswer['error'];
}

export function driverAnswer({ name, backend, capabilities, members }: VolumeDriver): DriverAnswer {
  const { scope, sharing } = capabilities;
  return { name, backend, scope, sharing, ...(members.length > 0 ? { members } : {}) };
}

export function volumeAnswer(driver: string, { volume, mountpoint }: ListedVolume): VolumeAnswer {
  const { name, id, createdAt, options } = volume;
  return { driver, name, id, createdAt, ...(mountpoint === undefined ? {} : { mountpoint }), options };
}

export function volumeDetailsAnswer(driver: string, view: VolumeView): VolumeDetailsAnswer {
  const { volume, member, holders, catalogAge, health, details, mustRestart } = view;
  return {
    ...volumeAnswer(driver, view),
    ...(member === undefined ? {} : { member }),
    given: volume.given,
    holders,
    ...(catalogAge === undefined ? {} : { catalogAge }),
    ...(health === undefined ? {} : { health: healthAnswer(health) }),
    ...(details === undefined ? {} : { details }),
    ...(mustRestart === undefined ? {} : { mustRestart }),
  };
}

export function removedAnswer(driver: string, removed: RemovedVolume): RemovedAnswer {
  const { volume, removedAt, purgeAfter } = removed;
  const purge = purgeAfter === undefined ? {} : { purgeAfter };
  return { driver, name: volume.name, id: volume.id, removedAt, ...purge };
}

/** A volume that was just brought back: not mounted, held by nobody. */
export function undeletedAnswer(driver: string, volume: Volume): VolumeAnswer {
  return volumeAnswer(driver, { volume });
}
