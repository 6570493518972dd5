import type { DriverName, VolumeName } from '../core/names.ts';
import { suggestion } from '../core/nearest.ts';
import type { RemovedVolume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { WayOut } from '../core/way-out.ts';
import type { DriverContext } from './context.ts';
import { within } from './deadline.ts';
import { shareCalls } from './share-calls.ts';

interface MissingParts {
  readonly driver: DriverName;
  /** Milliseconds that the list of what was removed may take. */
  readonly patience: number;
  /** Newest first. */
  listRemoved(): Promise<readonly RemovedVolume[]>;
}

/**
 * Makes the `not-found` for a volume that the storage does not have. It says how to bring back a volume that was removed, unless
 * the removed volumes are not listed in time. An engine asks for many names at once: they share the list.
 */
export function createMissing(parts: MissingParts): (name: VolumeName) => Promise<VolumeError> {
  const { driver, patience } = parts;
  const listRemoved = shareCalls(parts.listRemoved);

  async function lastRemoved(name: VolumeName): Promise<RemovedVolume | undefined> {
    try {
      const removed = await within(listRemoved(), patience, 'The removed volumes were not listed in time.');
      return removed.find(({ volume }) => volume.name === name);
    } catch {
      return undefined;
    }
  }

  return async (name) => {
    const create: WayOut = { act: 'create', volume: name, driver };
    const last = await lastRemoved(name);
    if (last === undefined) {
      const message = `Volume ${name} does not exist in driver ${driver}.`;
      return new VolumeError('not-found', message, { waysOut: [create] });
    }
    return new VolumeError(
      'not-found',
      `Volume ${name} was removed from driver ${driver} at ${last.removedAt}, and its data is kept.`,
      { waysOut: [{ act: 'undelete', volume: name, driver }, create] },
    );
  };
}

/** The same error for an act on a volume that must exist already: an empty one of that name would not help, a mistyped name is likely. */
export function forExisting(
  missing: VolumeError,
  name: VolumeName,
  known: readonly VolumeName[],
): VolumeError {
  const waysOut = missing.waysOut.filter((way) => typeof way === 'string' || way.act !== 'create');
  const hint = waysOut.length > 0 ? '' : suggestion(name, known, '');
  return new VolumeError(missing.code, `${missing.message} ${hint}`.trimEnd(), { waysOut, cause: missing });
}

/** `forExisting` with the volumes that the catalog knows. */
export async function missingHere(
  { catalog, missing }: Pick<DriverContext, 'catalog' | 'missing'>,
  name: VolumeName,
): Promise<VolumeError> {
  return forExisting(
    await missing(name),
    name,
    Array.from(catalog.volumes(), (volume) => volume.name),
  );
}
