import { join } from 'node:path';
import { parseVolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Files } from '../../host/host.ts';
import type { Registry } from '../shared/recorded/registry.ts';
import { type Layout, parseNewImage } from './layout.ts';

interface Parts {
  readonly files: Pick<Files, 'list' | 'facts' | 'removeFile'>;
  readonly layout: Layout;
  readonly registry: Registry;
  /** IDs of the volumes being created now. */
  readonly inProgress: ReadonlySet<string>;
}

/** Deletes images without a record that are not being made now. An image with a record, or without `.new`, is never touched. */
export async function clearNewImages(parts: Parts): Promise<void> {
  const { files, layout } = parts;
  for (const file of (await files.list(layout.images)) ?? []) {
    const image = parseNewImage(file);
    const path = join(layout.images, file);
    if (image === undefined || (await files.facts(path))?.kind !== 'file') continue;
    if (await isNobodys(parts, image)) await files.removeFile(path);
  }
}

async function isNobodys(
  parts: Parts,
  image: { readonly name: string; readonly id: string },
): Promise<boolean> {
  if (parts.inProgress.has(image.id)) return false;
  try {
    const recorded = await parts.registry.lookup(parseVolumeName(image.name));
    // Check again: its create may have started in the meantime.
    return recorded?.id !== image.id && !parts.inProgress.has(image.id);
  } catch (error) {
    // An unreadable record may be its own.
    if (error instanceof VolumeError) return false;
    throw error;
  }
}
