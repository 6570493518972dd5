import { tagPrefix } from '../record/keys.ts';
import { readSnapshot, unreadable } from './answers.ts';
import type { Filters, Snapshot, Tags } from './ec2.ts';
import type { Lists } from './lists.ts';
import { pageSize, writeFilters } from './queries.ts';
import type { Ec2Calls, SendOptions } from './retry.ts';

interface Making<T> {
  /** What an earlier request made. */
  find(): Promise<T | undefined>;
  make(options: SendOptions): Promise<T | undefined>;
}

/** For requests that take no token: what an earlier one made is looked for first, and before each repetition. */
export async function madeOnce<T>(
  calls: Ec2Calls,
  action: 'CreateSnapshot' | 'CopySnapshot',
  { find, make }: Making<T>,
  signal: AbortSignal,
): Promise<T> {
  const begun = await find();
  if (begun !== undefined) return begun;
  const made = await calls.send(
    action,
    async (options, earlier) => (earlier === 0 ? undefined : await find()) ?? (await make(options)),
    signal,
  );
  if (made === undefined) throw unreadable(action);
  return made;
}

/** A snapshot with all our own tags, unless EC2 gave up making it. */
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
