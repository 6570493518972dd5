import { formatSize, shortSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { sizeOf } from './enlarged.ts';

/** The volume, whose size is only a limit, with less of it. `used`: bytes, undefined if its own limit does not tell. Throws `invalid`. */
export function reduced(recorded: Volume, bytes: number, used: number | undefined): Volume {
  const doing = `Volume ${recorded.name} could not be made smaller`;
  if (used === undefined)
    throw new VolumeError(
      'unavailable',
      `${doing}: how much it uses is known only after a mount: mount it, then retry.`,
    );
  const size = formatSize(bytes);
  if (used <= bytes) return { ...recorded, options: { ...recorded.options, size } };
  throw new VolumeError(
    'invalid',
    `${doing}: ${shortSize(used)} are in use, and ${size} is less. Delete data, or choose a larger size.`,
  );
}

/** Throws `unavailable` if the storage has less free space than the volume is to get. */
export function requireRoom(
  recorded: Volume,
  bytes: number,
  { freeBytes, place }: { readonly freeBytes: number; readonly place: string },
  doing: string,
): void {
  const current = sizeOf(recorded);
  if (freeBytes >= bytes - current) return;
  throw new VolumeError(
    'unavailable',
    `${doing} from ${formatSize(current)} to ${formatSize(bytes)}: only ${shortSize(freeBytes)} are free in ${place}. Choose a smaller size, or free some space.`,
  );
}
