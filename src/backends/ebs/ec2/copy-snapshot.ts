import { unreadable, writeTags } from './answers.ts';
import type { ChangeParts } from './change-parts.ts';
import { findTagged } from './create-snapshot.ts';
import type { SnapshotSource, Tags } from './ec2.ts';

interface WantedCopy {
  readonly source: SnapshotSource;
  readonly description: string;
  readonly tags: Tags;
}

/**
 * CopySnapshot is asked of the region that gets the copy. It takes no token: look for an earlier request's copy first, and before each
 * repetition.
 */
export async function copySnapshot(
  { sdk, calls, lists }: ChangeParts,
  { source, description, tags }: WantedCopy,
  signal: AbortSignal,
): Promise<string> {
  const find = async () => (await findTagged(lists, {}, tags, signal))?.id;
  const request = {
    SourceRegion: source.region,
    SourceSnapshotId: source.snapshotId,
    Description: description,
    TagSpecifications: [{ ResourceType: 'snapshot' as const, Tags: writeTags(tags) }],
  };
  const begun = await find();
  if (begun !== undefined) return begun;
  const made = await calls.send(
    'CopySnapshot',
    async (options, earlier) =>
      (earlier === 0 ? undefined : await find()) ?? (await sdk.copySnapshot(request, options)).SnapshotId,
    signal,
  );
  if (made === undefined) throw unreadable('CopySnapshot');
  return made;
}
