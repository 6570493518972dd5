import { readSnapshot, writeTags } from './answers.ts';
import type { ChangeParts } from './change-parts.ts';
import type { Snapshot, Tags } from './ec2.ts';
import { findTagged, madeOnce } from './made-once.ts';
import type { SendOptions } from './retry.ts';

interface WantedSnapshot {
  readonly volumeId: string;
  readonly description: string;
  readonly tags: Tags;
}

export function createSnapshot(
  { sdk, calls, lists }: ChangeParts,
  { volumeId, description, tags }: WantedSnapshot,
  signal: AbortSignal,
): Promise<Snapshot> {
  const TagSpecifications = [{ ResourceType: 'snapshot' as const, Tags: writeTags(tags) }];
  const request = { VolumeId: volumeId, Description: description, TagSpecifications };
  const find = () => findTagged(lists, { 'volume-id': [volumeId] }, tags, signal);
  const make = async (options: SendOptions) => readSnapshot(await sdk.createSnapshot(request, options));
  return madeOnce(calls, 'CreateSnapshot', { find, make }, signal);
}
