import { join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { ownDirectory } from './inside-path.ts';

/** Where things are below the root of a share. Every host that has the share finds the same. */
export interface ShareLayout {
  readonly root: string;
  readonly own: string;
  readonly registry: string;
  readonly trash: string;
  /** Directories of volumes that have no record yet, or whose record is so new that they were not moved yet. */
  readonly fresh: string;
  freshDirectory(volume: Volume): string;
}

export function createShareLayout(root: string): ShareLayout {
  const own = join(root, ownDirectory);
  const fresh = join(own, 'new');
  return {
    root,
    own,
    registry: join(own, 'registry'),
    trash: join(own, 'trash'),
    fresh,
    // "~" is in no volume's name, so the parts cannot be mistaken.
    freshDirectory: (volume) => join(fresh, `${volume.name}~${volume.id}`),
  };
}

/** The volume's name and ID in the name of a fresh directory; undefined for anything else. */
export function parseFresh(directory: string): { readonly name: string; readonly id: string } | undefined {
  const [name, id, ...rest] = directory.split('~');
  return name && id && rest.length === 0 ? { name, id } : undefined;
}
