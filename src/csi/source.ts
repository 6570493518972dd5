import { status } from '@grpc/grpc-js';
import type { VolumeName } from '../core/names.ts';
import { parseSourceName, requireReadableSnapshot } from '../core/protect/snapshot.ts';
import { type Options, requireReadable } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import { CsiError } from './call.ts';
import { isDisk, misfit, newSize, sizeOf, type Wanted } from './capacity.ts';
import type { ContentSource, Texts } from './messages.ts';
import { nameOfId, requireVolume } from './parts.ts';
import { findSnapshot, idOfSnapshot } from './snapshots/id.ts';

/** Makes the volume as a copy with the wanted size. An existing copy of the same source is found, even if the source is gone. */
export async function createCopy(
  driver: VolumeDriver,
  name: VolumeName,
  source: ContentSource,
  parameters: Texts,
  wanted: Wanted,
): Promise<void> {
  if (!driver.offers.snapshots)
    throw new VolumeError(
      'invalid',
      'A volume cannot be made from a snapshot or another volume here: create an empty one.',
    );
  if (namesSource(parameters))
    throw new VolumeError(
      'invalid',
      'The source is given twice: as content source and by the parameter `from`.',
    );
  const known = (await driver.get(name))?.volume;
  const given = known === undefined ? {} : requireReadable(known).given;
  const { from, size } = isCopyOf(given, source) ? given : await requireSource(driver, source, wanted);
  const asked = { ...(from === undefined ? {} : { from }), ...(size === undefined ? {} : { size }) };
  await driver.create(name, { ...asked, ...parameters });
  await enlarge(driver, name, wanted);
}

/** Whether the parameters contain the option `from`, which backends accept in any case. */
export function namesSource(parameters: Texts): boolean {
  return Object.keys(parameters).some((key) => key.toLowerCase() === 'from');
}

/** Whether the volume was created from this source. Null: an empty volume. */
export function isCopyOf({ from }: Options, source: ContentSource | null | undefined): boolean {
  if (source == null) return from === undefined;
  if (from === undefined) return false;
  if (source.volume != null) return from === nameOfId(source.volume.volume_id);
  const { volume, snapshot } = parseSourceName(from);
  return snapshot !== undefined && idOfSnapshot(volume, snapshot) === source.snapshot?.snapshot_id;
}

/**
 * The option `from`, and the size that a copy is made with: a disk of a cloud is made larger than its source at once. Throws
 * `not-found`, and OUT_OF_RANGE for a size that a copy cannot have.
 */
async function requireSource(
  driver: VolumeDriver,
  source: ContentSource,
  wanted: Wanted,
): Promise<{ readonly from: string; readonly size?: string | undefined }> {
  const { from, size } = await findSource(driver, source);
  const { least = 0, most } = wanted;
  const isTooSmall = size !== undefined && size < least;
  const mayBeLarger = isDisk(driver) || driver.offers.growth;
  const why = misfit(size, isTooSmall && mayBeLarger ? { most } : wanted);
  if (why !== undefined)
    throw new CsiError(status.OUT_OF_RANGE, `A copy of ${from} has the size of its source: ${why}.`);
  return { from, size: isTooSmall && isDisk(driver) ? newSize(driver, wanted) : undefined };
}

interface Source {
  readonly from: string;
  /** The size of the copy in bytes; undefined: no limit. */
  readonly size: number | undefined;
}

async function findSource(driver: VolumeDriver, { snapshot, volume }: ContentSource): Promise<Source> {
  if (snapshot != null) {
    const found = await findSnapshot(driver, snapshot.snapshot_id);
    if (found === undefined)
      throw new VolumeError('not-found', 'The snapshot of the content source does not exist.');
    const { options } = requireReadableSnapshot(found.snapshot).volume;
    return { from: `${found.volume}@${found.snapshot.name}`, size: sizeOf(options) };
  }
  if (volume == null)
    throw new VolumeError('invalid', 'The content source names neither a snapshot nor a volume.');
  const found = requireReadable((await requireVolume(driver, volume.volume_id)).volume);
  return { from: found.name, size: sizeOf(found.options) };
}

/** Enlarges the copy, which begins with the size of its source. A copy that is in use has been enlarged before. */
async function enlarge(driver: VolumeDriver, name: VolumeName, wanted: Wanted): Promise<void> {
  const view = await driver.get(name);
  if (view === undefined || view.holders.length > 0) return;
  const size = sizeOf(requireReadable(view.volume).options);
  const asked = newSize(driver, wanted);
  if (size === undefined || size >= (wanted.least ?? 0)) return;
  if (asked !== undefined && driver.offers.growth) await driver.grow(name, asked);
}
