import { writeTags } from './answers.ts';
import type { ChangeParts } from './change-parts.ts';
import type { SnapshotSource, Tags } from './ec2.ts';
import { findTagged, madeOnce } from './made-once.ts';
import type { SendOptions } from './retry.ts';

interface WantedCopy {
  readonly source: SnapshotSource;
  readonly description: string;
  readonly tags: Tags;
}

/** CopySnapshot is asked of the region that gets the copy. Returns the copy's ID. */
export function copySnapshot(
  { sdk, calls, lists }: ChangeParts,
  { source, description, tags }: WantedCopy,
  signal: AbortSignal,
): Promise<string> {
  const request = {
    SourceRegion: source.region,
    SourceSnapshotId: source.snapshotId,
    Description: description,
    TagSpecifications: [{ ResourceType: 'snapshot' as const, Tags: writeTags(tags) }],
  };
  const find = async () => (await findTagged(lists, {}, tags, signal))?.id;
  const make = async (options: SendOptions) => (await sdk.copySnapshot(request, options)).SnapshotId;
  return madeOnce(calls, 'CopySnapshot', { find, make }, signal);
}
