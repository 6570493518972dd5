import { parseVolumeName, type VolumeName } from '../../../core/names.ts';
import type { Files } from '../../../host/host.ts';
import { recordNames } from './registry.ts';

/** Names whose records were added or removed, compared with those that the caller knows. */
export type ChangedNames = (known: ReadonlySet<VolumeName>) => Promise<readonly VolumeName[]>;

/**
 * Looks only at the registry's directory, so it costs one look while nothing changes. Its time stamp is coarse: after a change, the
 * names are read again in the next round, because more may have been added in the same tick.
 */
export function watchRegistry(
  files: Pick<Files, 'refresh' | 'facts' | 'list'>,
  directory: string,
): ChangedNames {
  let seen: string | undefined;
  let isSettled = false;
  return async (known) => {
    await files.refresh(directory);
    const facts = await files.facts(directory);
    // A missing registry is reported elsewhere.
    if (facts === undefined) return [];
    const mark = `${facts.inode} ${facts.changed}`;
    if (mark === seen && isSettled) return [];
    const listed = await files.list(directory);
    if (listed === undefined) return [];
    isSettled = mark === seen;
    seen = mark;
    const there = new Set(recordNames(listed).flatMap(readName));
    return [...difference(there, known), ...difference(known, there)];
  };
}

function difference<T>(some: ReadonlySet<T>, others: ReadonlySet<T>): readonly T[] {
  return [...some].filter((one) => !others.has(one));
}

/** Files without a volume's name are reported by the list. */
function readName(text: string): readonly VolumeName[] {
  try {
    return [parseVolumeName(text)];
  } catch {
    return [];
  }
}
