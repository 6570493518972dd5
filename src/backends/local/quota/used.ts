import type { Volume } from '../../../core/volume.ts';
import type { Layout } from '../layout.ts';
import type { Limits } from './limits.ts';

/** Bytes that the volume's directory uses; undefined if it is not in the volume's own project, which alone tells. */
export async function usedOf(
  { limits, layout }: { readonly limits: Limits; readonly layout: Layout },
  volume: Volume,
): Promise<number | undefined> {
  await limits.require(`Volume ${volume.name} could not be made smaller`);
  const directory = layout.directory(volume);
  if (volume.project === undefined || (await limits.projectOf(directory)) !== volume.project)
    return undefined;
  return (await limits.use(directory, volume.project)).usedBytes;
}
