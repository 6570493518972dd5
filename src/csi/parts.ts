import { status } from '@grpc/grpc-js';
import { volumeNameOf } from '../core/csi-name.ts';
import type { Log } from '../core/log.ts';
import type { VolumeName } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Offers, VolumeDriver, VolumeView } from '../driver/volume-driver.ts';
import { CsiError } from './call.ts';
import type { Texts } from './messages.ts';

/** One endpoint: a driver by a plugin's name. */
export interface CsiParts {
  readonly driverName: string;
  /** Throws the reason while the driver is not open. */
  driver(): VolumeDriver;
  /** The plugin's name in the orchestrator. */
  readonly pluginName: string;
  readonly mode: 'controller' | 'node' | 'all';
  readonly nodeId: string;
  /** Whether the orchestrator is asked to stage volumes. */
  readonly staging: boolean;
  readonly version: string;
  readonly log: Log;
  /** Milliseconds that a connection may be silent, and that it has to answer then; the usual ones if absent. */
  readonly patience?: { readonly silence: number; readonly answer: number };
}

/** The volume's name for an ID; undefined for an ID that no volume can have. Throws `invalid` for an empty one. */
export function nameOfId(id: string): VolumeName | undefined {
  if (id === '') throw new VolumeError('invalid', 'The volume ID is missing.');
  try {
    return volumeNameOf(id);
  } catch {
    return undefined;
  }
}

/** Throws `not-found`. */
export function requireName(id: string): VolumeName {
  const name = nameOfId(id);
  if (name !== undefined) return name;
  throw new VolumeError('not-found', 'No volume can have this ID.');
}

/** Throws `not-found`. */
export async function requireVolume(driver: VolumeDriver, id: string): Promise<VolumeView> {
  const name = requireName(id);
  const view = await driver.get(name);
  if (view !== undefined) return view;
  throw await driver.missing(name);
}

/** Throws `invalid`, naming the field. */
export function requireField(text: string, what: string): string {
  if (text === '') throw new VolumeError('invalid', `The ${what} is missing.`);
  return text;
}

/** Parameters about the claim, which Kubernetes' sidecars add. They are not meant for a driver. */
const reserved = 'csi.storage.k8s.io/';

export function ownParameters(parameters: Texts): Texts {
  return Object.fromEntries(Object.entries(parameters).filter(([key]) => !key.startsWith(reserved)));
}

/** The driver, if it has the capability. Otherwise throws UNIMPLEMENTED, as for a capability that no driver has. */
export function requireOffer({ driverName, driver }: CsiParts, offer: keyof Offers): VolumeDriver {
  const found = driver();
  if (found.offers[offer]) return found;
  throw new CsiError(status.UNIMPLEMENTED, `Driver ${driverName} (${found.backend}) has no ${offer}.`);
}
