import { status } from '@grpc/grpc-js';
import { VolumeError } from '../core/volume-error.ts';
import { CsiError } from './call.ts';
import type { CsiVolume, ListVolumesRequest } from './messages.ts';
import { type CsiParts, csiVolume } from './parts.ts';

interface Page {
  readonly entries: readonly { readonly volume: CsiVolume }[];
  readonly next_token: string;
}

/**
 * A page begins after a name, not at a position. So volumes may come and go between two pages, and those that stay are listed
 * exactly once.
 */
const mark = 'after:';

export function listVolumes(parts: CsiParts, { max_entries, starting_token }: ListVolumesRequest): Page {
  if (max_entries < 0)
    throw new VolumeError('invalid', `The number of entries ${max_entries} is negative: give 0 for all.`);
  if (starting_token !== '' && !starting_token.startsWith(mark))
    throw new CsiError(
      status.ABORTED,
      'The starting token is not one that was given out: begin again without.',
    );
  const after = starting_token.slice(mark.length);
  const volumes = [...parts.driver().list()].map(({ volume }) => volume);
  const rest = volumes
    .filter(({ name }) => name > after)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const page = max_entries === 0 ? rest : rest.slice(0, max_entries);
  const last = page.length < rest.length ? page.at(-1)?.name : undefined;
  return {
    entries: page.map((volume) => ({ volume: csiVolume(parts, volume) })),
    next_token: last === undefined ? '' : `${mark}${last}`,
  };
}
