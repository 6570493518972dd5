import { basename, join } from 'node:path';
import type { Volume } from '../../core/volume.ts';

/**
 * Where things are below the root. A volume's name never begins with a dot, so nothing of ours can stand in a volume's way;
 * an ID is 16 hexadecimal digits, so the parts of an image's name cannot be mistaken.
 */
export interface Layout {
  readonly root: string;
  readonly own: string;
  readonly registry: string;
  readonly trash: string;
  readonly images: string;
  directory(volume: Volume): string;
  image(volume: Volume): string;
  /** An image that has no record yet, or whose record is so new that it was not renamed yet. */
  newImage(volume: Volume): string;
}

export function createLayout(root: string): Layout {
  const own = join(root, '.holdfast');
  const images = join(own, 'images');
  const image = (volume: Volume) => join(images, `${volume.name}.${volume.id}.img`);
  return {
    root,
    own,
    registry: join(own, 'registry'),
    trash: join(own, 'trash'),
    images,
    directory: (volume) => join(root, volume.name),
    image,
    newImage: (volume) => `${image(volume)}${newSuffix}`,
  };
}

const newSuffix = '.new';

/** The volume's name and ID in the name of an image that was not finished; undefined for any other file. */
export function parseNewImage(file: string): { readonly name: string; readonly id: string } | undefined {
  const match = /^(.+)\.([0-9a-f]{16})\.img\.new$/.exec(basename(file));
  return match?.[1] !== undefined && match[2] !== undefined ? { name: match[1], id: match[2] } : undefined;
}
