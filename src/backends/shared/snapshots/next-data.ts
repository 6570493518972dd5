import { dirname } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import type { Files } from '../../../host/host.ts';
import type { OwnLayout } from '../recorded/own-layout.ts';
import { type CopyPlaces, copyPlaces } from './places.ts';

export interface NextDataParts {
  readonly files: Pick<Files, 'facts' | 'makeDirectory' | 'rename'>;
  readonly layout: Pick<OwnLayout, 'snapshots'>;
}

/**
 * A whole copy at `part` becomes the data that waits for its volume. Both reach the disk together: until this ends, the volume has its data,
 * or is not recorded, so that nobody takes what waits.
 */
export async function keepNext(
  parts: { readonly files: Pick<Files, 'rename' | 'sync'> },
  places: CopyPlaces,
  part: string,
): Promise<void> {
  await parts.files.rename(part, places.next, 'unsynced');
  await syncNext(parts, places);
}

export async function syncNext(
  { files }: { readonly files: Pick<Files, 'sync'> },
  { next, directory }: Pick<CopyPlaces, 'next' | 'directory'>,
): Promise<void> {
  await files.sync([next, directory]);
}

/**
 * Gives a recorded volume that has no data the data that a clone or rollback made for it, if there is such. An interrupted one is
 * finished by this, since the next mount does it too. Throws EEXIST if something is in the place.
 */
export async function placeNext(
  { files, layout }: NextDataParts,
  volume: Volume,
  place: string,
): Promise<void> {
  const { next } = copyPlaces(layout.snapshots, volume.id);
  if ((await files.facts(next)) === undefined) return;
  await files.makeDirectory(dirname(place));
  await files.rename(next, place);
}
