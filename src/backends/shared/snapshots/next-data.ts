import type { Volume } from '../../../core/volume.ts';
import type { Files } from '../../../host/host.ts';
import type { OwnLayout } from '../recorded/own-layout.ts';
import { copyPlaces } from './places.ts';

export interface NextDataParts {
  readonly files: Pick<Files, 'facts' | 'rename'>;
  readonly layout: Pick<OwnLayout, 'snapshots'>;
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
  if (await files.facts(next)) await files.rename(next, place);
}
