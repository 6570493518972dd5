import { VolumeError } from '../../core/volume-error.ts';
import { type DiskResource, diskWords } from './disks.ts';

/** At least one. */
export type Pieces = readonly [DiskResource, ...DiskResource[]];

/** The disks that fit. Throws `not-found` with the list of the agent's disks. */
export function findPieces(
  disks: readonly DiskResource[],
  what: string,
  fits: (resource: DiskResource) => boolean,
): Pieces {
  const [first, ...more] = disks.filter(fits);
  if (first !== undefined) return [first, ...more];
  const all = disks.map(diskWords).join('; ') || 'none';
  throw new VolumeError('not-found', `The agent has no ${what}. Its disks: ${all}.`);
}

/**
 * A part of `size` MB from the smallest piece that is large enough; without a size, the largest piece. A disk consists of several
 * pieces if parts of it were reserved separately, for example by two principals. Throws `invalid` if no piece fits.
 */
export function pieceOf(pieces: Pieces, root: string, size: number | undefined): DiskResource {
  const sorted = [...pieces].sort((a, b) => a.scalar.value - b.scalar.value);
  const largest = sorted.at(-1) ?? pieces[0];
  if (size === undefined) return largest;
  const whole = sorted.find(({ scalar }) => scalar.value === size);
  if (whole !== undefined) return whole;
  const wrong = (what: string) => new VolumeError('invalid', `Disk ${root} ${what}.`);
  const { value } = largest.scalar;
  if (largest.disk.source?.type === 'MOUNT')
    throw wrong(`is a MOUNT disk of ${value} MB, which cannot be divided: omit --size`);
  // A master accepts a part of 0 MB but does nothing.
  if (size < 1) throw wrong('is divided into whole megabytes: ask for at least 1MiB');
  const found = sorted.find(({ scalar }) => scalar.value > size);
  if (found !== undefined) return { ...found, scalar: { ...found.scalar, value: size } };
  throw wrong(`has ${value} MB left${pieces.length > 1 ? ' in one piece' : ''}: ask for no more`);
}
