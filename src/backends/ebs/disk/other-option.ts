import type { Volume } from '../../../core/volume.ts';

/**
 * How to give a volume with pre-existing data another value of an option: the options of a volume are fixed when it is created.
 * Undefined for a volume that Holdfast made empty: its data was made with its options.
 */
export function wayToOption({ options }: Volume, option: string): string | undefined {
  const { volumeId, snapshot } = options;
  if (snapshot !== undefined) return `make a volume from ${snapshot} with ${option}, and remove this one`;
  if (volumeId === undefined) return undefined;
  return (
    `remove the volume, which leaves ${volumeId} as it is, remove the tags that begin with holdfast: from it, ` +
    `and adopt it with ${option}`
  );
}
