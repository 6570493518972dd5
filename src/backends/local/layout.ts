import { basename, join } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import type { FilesBelow, Host } from '../../host/host.ts';
import { createOwnLayout, type OwnLayout } from '../shared/recorded/own-layout.ts';

/**
 * Paths below the root. A volume's name never begins with a dot, so our own files cannot collide with a volume; an ID is
 * 16 hexadecimal digits, so the parts of an image's name are unambiguous.
 */
export interface Layout extends OwnLayout {
  readonly images: string;
  directory(volume: Volume): string;
  image(volume: Volume): string;
  /** An image without a record yet, or with a record so new that it was not renamed yet. */
  newImage(volume: Volume): string;
}

/** The root of a driver and the access to its files, which never follows a symlink that somebody put into it. */
export interface RootParts {
  readonly host: Host;
  readonly files: FilesBelow;
  readonly layout: Layout;
}

export function createLayout(root: string): Layout {
  const layout = createOwnLayout(root);
  const images = join(layout.own, 'images');
  const image = (volume: Volume) => join(images, `${volume.name}.${volume.id}.img`);
  return {
    ...layout,
    images,
    directory: (volume) => join(root, volume.name),
    image,
    newImage: (volume) => `${image(volume)}${newSuffix}`,
  };
}

const newSuffix = '.new';

/** The volume's name and ID from the name of an unfinished image; undefined for any other file. */
export function parseNewImage(file: string): { readonly name: string; readonly id: string } | undefined {
  const match = /^(.+)\.([0-9a-f]{16})\.img\.new$/.exec(basename(file));
  return match?.[1] !== undefined && match[2] !== undefined ? { name: match[1], id: match[2] } : undefined;
}
