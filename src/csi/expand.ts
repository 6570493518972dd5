import { status } from '@grpc/grpc-js';
import { requireReadable, type Volume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import { CsiError } from './call.ts';
import { isDisk, newSize, sizeOf, wantedOf } from './capacity.ts';
import type { ExpandRequest, NodeExpandRequest } from './messages.ts';
import { type CsiParts, requireOffer, requireVolume } from './parts.ts';
import { requireAt } from './place.ts';

/**
 * Does nothing for a volume that already has the size. A disk of a cloud is not mounted for it, because this may be the host of a
 * controller alone: the node that has it enlarges the file system, or its next mount. Elsewhere that is done here.
 */
export async function expandVolume(
  parts: CsiParts,
  { volume_id, capacity_range }: ExpandRequest,
): Promise<{ readonly capacity_bytes: string; readonly node_expansion_required: boolean }> {
  const driver = requireOffer(parts, 'growth');
  const { least, most } = wantedOf(capacity_range);
  if (volume_id !== '' && least === undefined && most === undefined)
    throw new VolumeError('invalid', 'The capacity range is missing.');
  const volume = requireReadable((await requireVolume(driver, volume_id)).volume);
  const size = sizeOf(volume.options);
  if (size !== undefined && most !== undefined && size > most)
    throw new CsiError(
      status.OUT_OF_RANGE,
      `Volume ${volume.name} has ${size} bytes, which is more than the limit of ${most}: it is never made smaller.`,
    );
  const isEnough = size !== undefined && size >= (least ?? 0);
  const wanted = newSize(driver, { least, most });
  const isNodes = isDisk(driver);
  const grown =
    isEnough || wanted === undefined
      ? volume
      : await driver.grow(volume.name, wanted, isNodes ? 'later' : 'now');
  return { capacity_bytes: bytesOf(grown), node_expansion_required: isNodes };
}

/** Completes what the controller began. Does nothing if the volume already has the size. */
export async function expandOnNode(
  parts: CsiParts,
  { volume_id, volume_path, capacity_range }: NodeExpandRequest,
): Promise<{ readonly capacity_bytes: string }> {
  const driver = requireOffer(parts, 'growth');
  const wanted = wantedOf(capacity_range);
  const volume = requireReadable((await requireAt(parts, volume_id, volume_path)).volume);
  const size = sizeOf(volume.options) ?? 0;
  const least = Math.max(size, wanted.least ?? 0);
  const isDone = least === size && !isDisk(driver);
  const asked = isDone ? undefined : newSize(driver, { ...wanted, least });
  if (asked === undefined) return { capacity_bytes: bytesOf(volume) };
  const grown = driver.grow(volume.name, asked).catch((error) => {
    // Its mount completed what was begun before, and nobody enlarges it while it is in use.
    if (least === size && error instanceof VolumeError && error.code === 'in-use') return volume;
    throw error;
  });
  return { capacity_bytes: bytesOf(await grown) };
}

function bytesOf({ options }: Volume): string {
  return `${sizeOf(options) ?? 0}`;
}
