import type { VolumeName } from '../../core/names.ts';
import type { EbsContext } from './context.ts';
import { findChanged } from './find/lists.ts';

/** Milliseconds between two requests: they count against the account's limits, which all hosts share. */
const pace = 60_000;

export type ChangedNames = (
  context: EbsContext,
  known: ReadonlySet<VolumeName>,
  signal: AbortSignal,
) => Promise<readonly VolumeName[]>;

/** Names of volumes recently created that the caller does not know, or recently removed that it still knows; one request a minute. */
export function createChangedNames(): ChangedNames {
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (context, known, signal) => {
    const now = context.clock.now();
    if (now - askedAt < pace) return [];
    askedAt = now;
    const changed = await findChanged(context, signal);
    return changed
      .filter(({ record }) => known.has(record.volume.name) === (record.removal !== undefined))
      .map(({ record }) => record.volume.name);
  };
}
