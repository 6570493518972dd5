import { join } from 'node:path';
import { parseVolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Files } from '../../host/host.ts';
import type { Registry } from '../shared/registry.ts';
import { type Layout, parseNewImage } from './layout.ts';

interface Parts {
  readonly files: Pick<Files, 'list' | 'removeFile'>;
  readonly layout: Layout;
  readonly registry: Registry;
  /** IDs of the volumes being created now. */
  readonly inProgress: ReadonlySet<string>;
}

/** Deletes images that got no record and are not being made now. Those with a record, or without `.new`, are never touched. */
export async function clearNewImages(parts: Parts): Promise<void> {
  const { files, layout } = parts;
  for (const file of (await files.list(layout.images)) ?? []) {
    const image = parseNewImage(file);
    if (image !== undefined && (await isNobodys(parts, image)))
      await files.removeFile(join(layout.images, file));
  }
}

async function isNobodys(
  parts: Parts,
  image: { readonly name: string; readonly id: string },
): Promise<boolean> {
  if (parts.inProgress.has(image.id)) return false;
  try {
    const recorded = await parts.registry.lookup(parseVolumeName(image.name));
    // Looked at again: it may have been begun meanwhile.
    return recorded?.id !== image.id && !parts.inProgress.has(image.id);
  } catch (error) {
    // A record that cannot be read may be its own.
    if (error instanceof VolumeError) return false;
    throw error;
  }
}
