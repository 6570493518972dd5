import type { VolumeError } from '../../../core/volume-error.ts';
import { explain, type Meaning, meaningsOf } from '../../shared/meanings.ts';
import { Ec2Error } from './ec2.ts';

export const refusals = meaningsOf([
  [
    'InvalidVolume.NotFound',
    'not-found',
    'there is no such EBS volume',
    'check whether somebody deleted it, and whether region and account are right',
  ],
  [
    'InvalidInstanceID.NotFound',
    'not-found',
    'there is no such instance',
    'check `instanceId` and `region` in the settings',
  ],
  [
    'InvalidSnapshot.NotFound',
    'not-found',
    'there is no such snapshot',
    'check its ID, and that it is in this region',
  ],
  [
    'VolumeInUse',
    'in-use',
    'the EBS volume is attached to another instance',
    'stop what uses it there, then retry',
  ],
  [
    'AttachmentLimitExceeded',
    'unavailable',
    'this instance has as many volumes attached as its type allows',
    'unmount volumes here, use another host, or take a larger instance type',
  ],
  [
    'InvalidVolume.ZoneMismatch',
    'invalid',
    'the EBS volume is in another availability zone than this instance',
    "use it on a host in its zone, or make a snapshot and create a volume from it in this host's zone",
  ],
  [
    'IncorrectState',
    'unavailable',
    'the EBS volume or the instance is in a state that does not allow it',
    'repeat',
  ],
  [
    'OperationNotPermitted IncorrectModificationState',
    'unavailable',
    'the EBS volume is being modified',
    'wait until that is done, then retry',
  ],
  [
    'VolumeModificationRateExceeded',
    'unavailable',
    'the EBS volume was modified too often',
    'retry later: a volume takes four modifications in 24 hours, each after the previous one is complete',
  ],
  [
    'IdempotentParameterMismatch',
    'conflict',
    'the same request was made with other parameters in the last hours',
    'repeat it with the same options, or choose another name',
  ],
  [
    'ConcurrentSnapshotLimitExceeded',
    'unavailable',
    'EC2 is still making earlier snapshots of this EBS volume, and makes only some at once',
    'wait until `holdfast snapshot ls` shows them as complete, then retry',
  ],
  [
    'SnapshotCreationPerVolumeRateExceeded',
    'unavailable',
    'the last snapshot of this EBS volume was requested only a moment ago',
    'wait for 15 seconds, then retry',
  ],
  [
    'ResourceLimitExceeded',
    'unavailable',
    'EC2 is making as many copies of snapshots in that region as it makes at once',
    'wait until some of them are complete, then retry',
  ],
  [
    'InvalidSnapshot.InUse',
    'in-use',
    'a machine image (AMI) uses the snapshot',
    'deregister that image first',
  ],
  [
    'MaxIOPSLimitExceeded SnapshotLimitExceeded TagLimitExceeded VolumeLimitExceeded',
    'unavailable',
    'a quota of the account is used up in this region',
    'delete what is not needed, or ask for more in the Service Quotas console',
  ],
  [
    'InsufficientVolumeCapacity',
    'unavailable',
    'AWS has no capacity for such a volume in this zone at the moment',
    'retry later, or choose another type',
  ],
  [
    'InvalidKMSKey.InvalidState',
    'unavailable',
    'the KMS key cannot be used now',
    'enable the key, then retry',
  ],
  [
    'AuthFailure InvalidClientTokenId SignatureDoesNotMatch UnrecognizedClientException',
    'unavailable',
    "AWS does not accept this host's credentials",
    'give the instance an IAM role, or correct its credentials; a wrong clock has the same effect',
  ],
  [
    'ExpiredToken',
    'unavailable',
    "this host's credentials have expired",
    'renew them, or give the instance an IAM role',
  ],
  [
    'RequestExpired',
    'unavailable',
    "this host's clock is wrong",
    'set the clock (chrony, systemd-timesyncd), then retry',
  ],
  [
    'OptInRequired',
    'unavailable',
    'the account is not subscribed to EC2 in this region',
    'enable the region first',
  ],
  [
    'UnauthorizedOperation',
    'unavailable',
    'the permission is missing',
    "add the action to the IAM policy of this host's role",
  ],
]);

/** For a code without its own row, by AWS's families of codes. */
export function refusalOf(code: string): Meaning {
  const known = refusals.get(code);
  if (known !== undefined) return known;
  if (/^(Invalid|Missing|Malformed|Unknown|Unsupported|Validation)/.test(code)) {
    return {
      code: 'invalid',
      happened: 'EC2 does not accept it',
      wayOut: 'correct the option or setting',
    };
  }
  if (/LimitExceeded$/.test(code)) {
    return {
      code: 'unavailable',
      happened: 'a quota of the account is used up',
      wayOut: 'ask for more in the Service Quotas console',
    };
  }
  return {
    code: 'failed',
    happened: 'EC2 refused it',
    wayOut: 'look the code up in the EC2 API reference',
  };
}

/** Tells the user what happened, with EC2's own words, and the way out. `doing` begins the sentence. */
export function explainRefusal(doing: string, error: Ec2Error): VolumeError {
  const words = `EC2 ${error.action}: ${error.code}: ${error.message}`;
  // Another zone may have room, in contrast to a quota of the account.
  const outOfSpace = error.code === 'InsufficientVolumeCapacity';
  return explain(refusalOf(error.code), { doing, words, cause: error, outOfSpace });
}

/** Whether it is an error of EC2, with one of the codes if any are given. */
export function isEc2Error(thrown: unknown, ...codes: readonly string[]): thrown is Ec2Error {
  return thrown instanceof Ec2Error && (codes.length === 0 || codes.includes(thrown.code));
}
