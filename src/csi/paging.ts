import { status } from '@grpc/grpc-js';
import { VolumeError } from '../core/volume-error.ts';
import { CsiError } from './call.ts';

export interface PageRequest {
  /** 0: all. */
  readonly max_entries: number;
  readonly starting_token: string;
}

export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** Empty on the last page. */
  readonly next_token: string;
}

/**
 * A page begins after a key, not at a position. So if items are added or removed between two pages, all others are still listed
 * exactly once.
 */
const mark = 'after:';

/** One page of the items, in the order of their unique keys. Throws `invalid`, and ABORTED. */
export function pageOf<One, Entry>(
  all: Iterable<One>,
  { max_entries, starting_token }: PageRequest,
  keyOf: (one: One) => string,
  entryOf: (one: One) => Entry,
): Page<Entry> {
  if (max_entries < 0)
    throw new VolumeError('invalid', `The number of entries ${max_entries} is negative: give 0 for all.`);
  if (starting_token !== '' && !starting_token.startsWith(mark))
    throw new CsiError(
      status.ABORTED,
      'The starting token is not one that was given out: begin again without.',
    );
  const after = starting_token.slice(mark.length);
  const rest = [...all]
    .filter((one) => keyOf(one) > after)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const page = max_entries === 0 ? rest : rest.slice(0, max_entries);
  const last = page.length < rest.length ? page.at(-1) : undefined;
  return {
    entries: page.map(entryOf),
    next_token: last === undefined ? '' : `${mark}${keyOf(last)}`,
  };
}
