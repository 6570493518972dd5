import { join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { createOwnLayout, type OwnLayout } from '../recorded/own-layout.ts';

/** Paths below the root of a share. They are the same on every host. */
export interface ShareLayout extends OwnLayout {
  /** Directories of volumes without a record yet, or with a record so new that they were not moved yet. */
  readonly fresh: string;
  freshDirectory(volume: Volume): string;
  /** Directories that are limited for a moment, to see whether limits are enforced. */
  readonly probes: string;
  probe(id: string): string;
}

export function createShareLayout(root: string): ShareLayout {
  const layout = createOwnLayout(root);
  const fresh = join(layout.own, 'new');
  const probes = join(layout.own, 'probes');
  return {
    ...layout,
    fresh,
    probes,
    probe: (id) => join(probes, id),
    // A volume's name never contains "~", so the parts are unambiguous.
    freshDirectory: (volume) => join(fresh, `${volume.name}~${volume.id}`),
  };
}

/** The volume's name and ID in the name of a fresh directory; undefined for anything else. */
export function parseFresh(directory: string): { readonly name: string; readonly id: string } | undefined {
  const [name, id, ...rest] = directory.split('~');
  return name && id && rest.length === 0 ? { name, id } : undefined;
}
