import { readModification, unreadable } from './answers.ts';
import type { ChangeParts } from './change-parts.ts';
import type { Modification, WantedChange } from './ec2.ts';
import { isEc2Error } from './refusals.ts';

/** ModifyVolume takes no token: a repetition of a request without an answer is refused because of the change that the first one began. */
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
  try {
    const answer = await calls.send('ModifyVolume', (how) => sdk.modifyVolume(request, how), signal);
    const begun = answer.VolumeModification && readModification(answer.VolumeModification);
    return begun ?? (await Promise.reject(unreadable('ModifyVolume')));
  } catch (error) {
    if (!isEc2Error(error) || !error.mayBeDone) throw error;
    const begun = await modification(id, signal);
    if (begun === undefined || !leadsTo(begun, wanted)) throw error;
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
