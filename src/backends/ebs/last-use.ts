import type { Volume } from '../../core/volume.ts';
import type { EbsContext } from './context.ts';
import { countWithLater, mostTags, usedKey, volumeIdOn } from './record/tags.ts';

/** Milliseconds between two notes of one volume: requests count against the account's limits. */
const pace = 3_600_000;

/** Notes in a tag that these volumes are in use now, by one request for all; skips a volume whose removal would then lack room for its tags. */
export async function noteDiskUse(
  { ec2, host, seen, driver }: EbsContext,
  volumes: readonly Volume[],
  signal: AbortSignal,
): Promise<void> {
  const now = host.now();
  const due = seen
    .all()
    .filter(({ tags }) => volumes.some(({ id }) => id === volumeIdOn(tags, driver)))
    .filter(({ tags }) => !(now - (usedAt(tags) ?? 0) < pace))
    .filter(({ tags }) => countWithLater({ ...tags, [usedKey]: '' }) <= mostTags);
  if (due.length === 0) return;
  const tags = { [usedKey]: new Date(now).toISOString() };
  await (await ec2()).setTags(
    due.map(({ id }) => id),
    tags,
    signal,
  );
}

/** From memory, as EC2 last described the EBS volumes; by volume ID. */
export function lastDiskUses({ seen, driver }: EbsContext): ReadonlyMap<string, number> {
  const uses = seen.all().map(({ tags }) => [volumeIdOn(tags, driver), usedAt(tags)] as const);
  return new Map(
    uses.flatMap(([id, at]) => (id === undefined || at === undefined ? [] : [[id, at] as const])),
  );
}

function usedAt(tags: Readonly<Record<string, string>>): number | undefined {
  const text = tags[usedKey] ?? '';
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text))
    ? Date.parse(text)
    : undefined;
}
