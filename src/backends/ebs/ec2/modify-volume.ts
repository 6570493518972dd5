import { readModification, unreadable } from './answers.ts';
import type { ChangeParts } from './change-parts.ts';
import type { Modification, WantedChange } from './ec2.ts';
import { isEc2Error } from './refusals.ts';

/** ModifyVolume takes no token: before each repetition, look whether an earlier request without an answer began the change. */
export async function modifyVolume(
  { sdk, calls, modification }: ChangeParts,
  id: string,
  wanted: WantedChange,
  signal: AbortSignal,
): Promise<Modification> {
  const request = {
    VolumeId: id,
    ...(wanted.sizeGiB === undefined ? {} : { Size: wanted.sizeGiB }),
    ...(wanted.type === undefined ? {} : { VolumeType: wanted.type }),
    ...(wanted.iops === undefined ? {} : { Iops: wanted.iops }),
    ...(wanted.throughput === undefined ? {} : { Throughput: wanted.throughput }),
  };
  const begunBefore = async (): Promise<Modification | undefined> => {
    const last = await modification(id, signal);
    return last !== undefined && leadsTo(last, wanted) ? last : undefined;
  };
  try {
    const begun = await calls.send(
      'ModifyVolume',
      async (how, earlier) => {
        const known = earlier === 0 ? undefined : await begunBefore();
        if (known !== undefined) return known;
        const { VolumeModification: answer } = await sdk.modifyVolume(request, how);
        return answer && readModification(answer);
      },
      signal,
    );
    return begun ?? (await Promise.reject(unreadable('ModifyVolume')));
  } catch (error) {
    // The look may have been too early.
    const begun = isEc2Error(error) && error.mayBeDone ? await begunBefore() : undefined;
    if (begun === undefined) throw error;
    return begun;
  }
}

/** Whether the volume has, or will have, all that is wanted after this change. */
export function leadsTo({ state, target }: Modification, wanted: WantedChange): boolean {
  if (state === 'failed') return false;
  return (
    (wanted.sizeGiB ?? target.sizeGiB) === target.sizeGiB &&
    (wanted.type ?? target.type) === target.type &&
    (wanted.iops ?? target.iops) === target.iops &&
    (wanted.throughput ?? target.throughput) === target.throughput
  );
}
