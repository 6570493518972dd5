import { tagPrefix } from '../record/keys.ts';
import { readSnapshot, unreadable, writeTags } from './answers.ts';
import type { ChangeParts } from './change-parts.ts';
import type { Filters, Snapshot, Tags } from './ec2.ts';
import type { Lists } from './lists.ts';
import { pageSize, writeFilters } from './queries.ts';

interface WantedSnapshot {
  readonly volumeId: string;
  readonly description: string;
  readonly tags: Tags;
}

/** CreateSnapshot takes no token: look for an earlier request's snapshot first, and before each repetition. */
export async function createSnapshot(
  { sdk, calls, lists }: ChangeParts,
  { volumeId, description, tags }: WantedSnapshot,
  signal: AbortSignal,
): Promise<Snapshot> {
  const find = () => findTagged(lists, { 'volume-id': [volumeId] }, tags, signal);
  const TagSpecifications = [{ ResourceType: 'snapshot' as const, Tags: writeTags(tags) }];
  const request = { VolumeId: volumeId, Description: description, TagSpecifications };
  const begun = await find();
  if (begun) return begun;
  const answer = await calls.send(
    'CreateSnapshot',
    async (options, earlier) =>
      (earlier === 0 ? undefined : await find()) ?? readSnapshot(await sdk.createSnapshot(request, options)),
    signal,
  );
  if (answer === undefined) throw unreadable('CreateSnapshot');
  return answer;
}

/** One with all our own tags, unless EC2 gave up making it. */
export async function findTagged(
  lists: Lists,
  filters: Filters,
  tags: Tags,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  const own = Object.entries(tags).filter(([key]) => key.startsWith(tagPrefix));
  const byTag = own.map(([key, value]) => [`tag:${key}`, [value]] as const);
  const all = writeFilters({ ...filters, ...Object.fromEntries(byTag) });
  const found = await lists.snapshots({ OwnerIds: ['self'], Filters: all, MaxResults: pageSize }, signal);
  return found.map(readSnapshot).find((snapshot) => snapshot && snapshot.state !== 'error');
}
