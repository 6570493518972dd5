import { originOf, type UnitFile } from './unit-file.ts';

export type FileStep =
  | { readonly action: 'write' | 'keep'; readonly name: string; readonly text: string }
  | { readonly action: 'remove'; readonly name: string }
  /** Not touched: `why` says whether it was edited, or written by someone else. */
  | { readonly action: 'refuse'; readonly name: string; readonly why: 'changed' | 'foreign' };

/** `forced`: overwrite files that someone else wrote or edited. */
export type Insistence = 'careful' | 'forced';

/** The steps from the found files to the wanted ones. Removes our files that are no longer wanted. */
export function planFiles(
  wanted: readonly UnitFile[],
  found: readonly UnitFile[],
  insistence: Insistence,
): readonly FileStep[] {
  const written = wanted.map((file) =>
    stepFor(
      file,
      found.find(({ name }) => name === file.name),
      insistence,
    ),
  );
  const left = found.filter(({ name }) => !wanted.some((file) => file.name === name));
  return [...written, ...left.flatMap((file) => removal(file, insistence))];
}

function stepFor(file: UnitFile, found: UnitFile | undefined, insistence: Insistence): FileStep {
  if (found === undefined) return { action: 'write', ...file };
  if (found.text === file.text) return { action: 'keep', ...file };
  const origin = originOf(found);
  if (origin === 'ours' || insistence === 'forced') return { action: 'write', ...file };
  return { action: 'refuse', name: file.name, why: origin };
}

/** A file that someone else wrote is not removed, even if its name looks like ours. */
function removal(file: UnitFile, insistence: Insistence): readonly FileStep[] {
  const { name } = file;
  const origin = originOf(file);
  if (origin === 'foreign') return [];
  if (origin === 'ours' || insistence === 'forced') return [{ action: 'remove', name }];
  return [{ action: 'refuse', name, why: 'changed' }];
}
