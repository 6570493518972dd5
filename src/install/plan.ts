import { originOf, type UnitFile } from './unit-file.ts';

export type FileStep =
  | { readonly action: 'write' | 'keep'; readonly name: string; readonly text: string }
  | { readonly action: 'remove'; readonly name: string }
  /** Left alone, as it is not as it was written: `why` says what it is. */
  | { readonly action: 'refuse'; readonly name: string; readonly why: 'changed' | 'foreign' };

/** Whether files that somebody else wrote or changed are given up for ours. */
export type Insistence = 'careful' | 'forced';

/** What makes the files found into those wanted: of ours, what is no longer wanted goes. */
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

/** A file of somebody else that only has such a name is none of our business. */
function removal(file: UnitFile, insistence: Insistence): readonly FileStep[] {
  const { name } = file;
  const origin = originOf(file);
  if (origin === 'foreign') return [];
  if (origin === 'ours' || insistence === 'forced') return [{ action: 'remove', name }];
  return [{ action: 'refuse', name, why: 'changed' }];
}
