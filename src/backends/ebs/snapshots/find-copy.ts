import { requireReadableSnapshot, type Snapshot } from '../../../core/protect/snapshot.ts';
import { waitUntil } from '../attachment/wait-until.ts';
import type { EbsContext } from '../context.ts';
import type { Ec2, Snapshot as Ec2Snapshot } from '../ec2/ec2.ts';
import { readCopiedTo } from '../record/copied-to.ts';
import { copyFilters, decodeSnapshot } from '../record/snapshot-tags.ts';

/** Milliseconds for which a copy that was asked for may be missing from the index of tags. */
const settling = 60_000;

/** A snapshot, and the region that gets its copy. */
export interface CopyPlace {
  readonly snapshot: Snapshot;
  readonly stored: Ec2Snapshot;
  /** The region that it is in. */
  readonly from: string;
  readonly region: string;
  readonly there: Ec2;
  /** Begins every message. */
  readonly doing: string;
}

/** The copy that is there; the earliest if there are several. Throws `failed` for one whose tags cannot be read. */
export async function findCopy(
  { driver }: EbsContext,
  { snapshot, stored, region, there }: CopyPlace,
  signal: AbortSignal,
): Promise<Ec2Snapshot | undefined> {
  const noted = readCopiedTo(stored.tags, region);
  const byId = noted !== undefined && 'id' in noted ? await there.snapshot(noted.id, signal) : undefined;
  const found = byId ? [byId] : await there.findSnapshots(copyFilters(driver, snapshot.id), signal);
  return found
    .filter((one) => {
      const known = decodeSnapshot(one, driver);
      return known !== undefined && requireReadableSnapshot(known).id === snapshot.id;
    })
    .sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
    .at(0);
}

/** The same, but if a copy was asked for a moment ago, without an answer, it is waited for. */
export async function findSettled(
  context: EbsContext,
  place: CopyPlace,
  signal: AbortSignal,
): Promise<Ec2Snapshot | undefined> {
  const { stored, region, doing } = place;
  const noted = readCopiedTo(stored.tags, region);
  const found = await findCopy(context, place, signal);
  if (found !== undefined || noted === undefined || 'id' in noted) return found;
  const left = Math.min(settling, noted.askedAt + settling - context.host.now());
  if (left <= 0) return undefined;
  const until = context.clock.now() + left;
  const sentence = `${doing}: an earlier call asked for it, and was not answered: repeat the call.`;
  const seen = await waitUntil({ clock: context.clock, sentence, signal }, async () => {
    const copy = await findCopy(context, place, signal);
    if (copy !== undefined) return { copy };
    return context.clock.now() >= until ? { copy } : undefined;
  });
  return seen.copy;
}
