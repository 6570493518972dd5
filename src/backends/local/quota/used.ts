import { formatSize, shortSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Layout } from '../layout.ts';
import type { Limits } from './limits.ts';

/** Throws `invalid` unless the volume's directory uses less than this. Only its own project tells. */
export async function requireUsesLess(
  { limits, layout }: { readonly limits: Limits; readonly layout: Layout },
  volume: Volume,
  bytes: number,
): Promise<void> {
  const doing = `Volume ${volume.name} could not be made smaller`;
  await limits.require(doing);
  const directory = layout.directory(volume);
  if (volume.project === undefined || (await limits.projectOf(directory)) !== volume.project)
    throw new VolumeError(
      'unavailable',
      `${doing}: what it uses is known once it was mounted: mount it, then retry.`,
    );
  const { usedBytes } = await limits.use(directory, volume.project);
  if (usedBytes <= bytes) return;
  throw new VolumeError(
    'invalid',
    `${doing}: ${shortSize(usedBytes)} are in use, and ${formatSize(bytes)} is less. Delete data, or choose a larger size.`,
  );
}
