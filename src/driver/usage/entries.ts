import type { VolumeName } from '../../core/names.ts';
import { isUnreadable } from '../../core/volume.ts';
import type { Amount } from '../../core/waits/progress.ts';
import type { DriverContext } from '../context.ts';

/**
 * How many files and directories the volume had when it was last measured. Undefined if that is not known, or if the storage has them in
 * one file, as those of a volume with a file system of its own.
 */
export function entriesOf(
  { catalog, usage }: Pick<DriverContext, 'catalog' | 'usage'>,
  name: VolumeName,
): Amount | undefined {
  const volume = catalog.get(name);
  if (volume === undefined || isUnreadable(volume)) return undefined;
  const { of, usedInodes, sizeBytes, isAtLeast } = usage.of(volume) ?? {};
  const isCounted = of === 'volume' && sizeBytes === undefined && isAtLeast !== true;
  return isCounted && usedInodes !== undefined ? { entries: usedInodes } : undefined;
}
