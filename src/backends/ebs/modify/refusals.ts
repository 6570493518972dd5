import { VolumeError } from '../../../core/volume-error.ts';
import type { Disk, Ec2Error, Modification } from '../ec2/ec2.ts';

const hour = 3_600_000;

/** EC2 changes an EBS volume once at a time. */
export function underWay(
  doing: string,
  { id }: Disk,
  last: Modification | undefined,
  cause?: Ec2Error,
): VolumeError {
  const state =
    last === undefined
      ? 'EC2 has not finished its last change'
      : `EC2 has not finished its last change, which began at ${timeOf(last.startedAt)} (${last.state}, ${last.progress} %)`;
  return new VolumeError(
    'unavailable',
    `${doing}: ${state}. Retry when ${id} is changed completely, which takes from minutes to a day.`,
    { cause },
  );
}

/** EC2 does not tell when the next change is possible: two rules exist, and the time of only one earlier change is known. */
export function tooManyChanges(
  doing: string,
  { id }: Disk,
  last: Modification | undefined,
  cause: Ec2Error,
): VolumeError {
  const rule =
    'AWS changes an EBS volume at most four times in 24 hours; until 2026 it was once in six hours';
  const words = `EC2 ${cause.action}: ${cause.code}: ${cause.message}`;
  const when =
    last === undefined
      ? 'Retry in six hours'
      : `The last change of ${id} began at ${timeOf(last.startedAt)}: retry after ${timeOf(last.startedAt + 6 * hour)}, or at the latest after ${timeOf(last.startedAt + 24 * hour)}`;
  return new VolumeError('unavailable', `${doing}: ${rule} (${words}). ${when}.`, { cause });
}

/** "This is not an indication of volume health." */
export function failedChange(doing: string, { id }: Disk, { says }: Modification): VolumeError {
  const words = says === '' ? 'without a reason' : JSON.stringify(says);
  return new VolumeError(
    'failed',
    `${doing}: EC2 gave up the change of ${id}, and says ${words}. The volume and its data are as before: retry.`,
  );
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
