import type { Volume } from '../../core/volume.ts';
import type { EbsContext } from './context.ts';
import type { Disk } from './ec2/ec2.ts';
import { findAll } from './find/lists.ts';
import { mostTags, usedKey } from './record/keys.ts';
import { volumeIdOn } from './record/read-tags.ts';
import { countWithLater } from './record/tags.ts';

/** Milliseconds between two notes of one volume: requests count against the account's limits. */
const pace = 3_600_000;

/** Notes the use in a tag, by one request for all; skips a volume whose removal would then lack room for its tags. */
export async function noteDiskUse(
  context: EbsContext,
  volumes: readonly Volume[],
  at: number,
  signal: AbortSignal,
): Promise<void> {
  const due = (await disksOf(context, volumes, signal))
    .filter(({ tags }) => isDue(usedAt(tags), at, context.host.now()))
    .filter(({ tags }) => countWithLater({ ...tags, [usedKey]: '' }) <= mostTags);
  if (due.length === 0) return;
  const tags = { [usedKey]: new Date(at).toISOString() };
  await (await context.ec2()).setTags(
    due.map(({ id }) => id),
    tags,
    signal,
  );
}

/** From memory; EC2 is asked only if one is not there, as after a start. */
async function disksOf(
  context: EbsContext,
  volumes: readonly Volume[],
  signal: AbortSignal,
): Promise<readonly Disk[]> {
  const idOn = ({ tags }: Disk) => volumeIdOn(tags, context.driver);
  const seen = new Set(context.seen.all().map(idOn));
  if (volumes.some(({ id }) => !seen.has(id))) await findAll(context, signal);
  return context.seen.all().filter((disk) => volumes.some(({ id }) => id === idOn(disk)));
}

/** A note from the future was written with a wrong clock. */
function isDue(noted: number | undefined, at: number, now: number): boolean {
  return noted === undefined || noted > now || at - noted >= pace;
}

/** By volume ID. */
export async function lastDiskUses(
  context: EbsContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const { disks } = await findAll(context, signal);
  const uses = disks.map(({ tags }) => [volumeIdOn(tags, context.driver), usedAt(tags)] as const);
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
