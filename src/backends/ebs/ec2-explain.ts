import { VolumeError } from '../../core/volume-error.ts';
import type { Ec2Error } from './ec2.ts';
import { refusalOf } from './ec2-refusals.ts';

/** For the user: what happened, in EC2's own words, too, and the way out. `doing` begins the sentence. */
export function explainRefusal(doing: string, error: Ec2Error): VolumeError {
  const { code, happened, wayOut } = refusalOf(error.code);
  return new VolumeError(
    code,
    `${doing}: ${happened} (EC2 ${error.action}: ${error.code}: ${error.message}): ${wayOut}.`,
    { cause: error },
  );
}

/** An Ec2Error that crossed from another realm, as under a test runner, has the same name and fields. */
export function isEc2Error(thrown: unknown, ...codes: readonly string[]): thrown is Ec2Error {
  if (typeof thrown !== 'object' || thrown === null) return false;
  if (!('name' in thrown) || thrown.name !== 'Ec2Error' || !('code' in thrown)) return false;
  return codes.length === 0 || codes.some((code) => code === thrown.code);
}
