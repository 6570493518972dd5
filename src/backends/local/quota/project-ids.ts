import type { Files } from '../../../host/host.ts';

/**
 * Projects of volumes have IDs from here on. Tools and people begin with 1, and the highest IDs of 32 bits have other meanings.
 */
const first = 1_100_000_000;
/** The volume's ID decides where the search begins, so two of them rarely meet. */
const spread = 0x0fff_ffff;
/** A search that meets so many taken IDs is not going to succeed. */
const mostTries = 1000;

export function isOurs(id: number): boolean {
  return Number.isSafeInteger(id) && id >= first && id <= first + spread + mostTries;
}

/** IDs to try for a volume, in this order. */
export function* candidates(volumeId: string): Iterable<number> {
  const start = first + (Number.parseInt(volumeId.slice(0, 8), 16) & spread);
  for (let step = 0; step < mostTries; step += 1) yield start + step;
}

/** The IDs that somebody gave a name (projid(5)) or a directory (projects(5)). */
export async function namedIds(files: Pick<Files, 'readText'>): Promise<ReadonlySet<number>> {
  const names = (await files.readText('/etc/projid')) ?? '';
  const directories = (await files.readText('/etc/projects')) ?? '';
  return new Set([...idsIn(names, 1), ...idsIn(directories, 0)]);
}

/** Lines such as `name:42` and `42:/srv/data`; `#` begins a comment. */
function idsIn(text: string, field: number): readonly number[] {
  return text
    .split('\n')
    .map((line) => Number(line.replace(/#.*/, '').split(':')[field]?.trim() || Number.NaN))
    .filter(Number.isSafeInteger);
}
