import type { ErrorCode } from '../../core/volume-error.ts';

/** What a refusal that is handed on means to the user. */
interface Refusal {
  readonly code: ErrorCode;
  readonly happened: string;
  readonly wayOut: string;
}

export const refusals: ReadonlyMap<string, Refusal> = new Map([
  [
    'InvalidVolume.NotFound',
    refusal(
      'not-found',
      'there is no such EBS volume',
      'look whether somebody deleted it, in this region and account',
    ),
  ],
  [
    'InvalidInstanceID.NotFound',
    refusal('not-found', 'there is no such instance', 'check `instanceId` and `region` in the settings'),
  ],
  [
    'InvalidSnapshot.NotFound',
    refusal('not-found', 'there is no such snapshot', 'check its ID, and that it is in this region'),
  ],
  [
    'VolumeInUse',
    refusal(
      'in-use',
      'the EBS volume is attached to another instance',
      'stop what uses it there, then repeat',
    ),
  ],
  [
    'AttachmentLimitExceeded',
    refusal(
      'unavailable',
      'this instance has as many volumes attached as its type allows',
      'unmount volumes here, use another host, or take a larger instance type',
    ),
  ],
  [
    'InvalidVolume.ZoneMismatch',
    refusal(
      'invalid',
      'the EBS volume is in another availability zone than this instance',
      'use it on a host of its own zone, or make a snapshot and create a volume from that here',
    ),
  ],
  [
    'IncorrectState',
    refusal('unavailable', 'the EBS volume or the instance is in a state that does not allow it', 'repeat'),
  ],
  [
    'OperationNotPermitted',
    refusal('unavailable', 'the EBS volume is being changed', 'wait until that is done, then repeat'),
  ],
  [
    'IncorrectModificationState',
    refusal('unavailable', 'the EBS volume is being changed', 'wait until that is done, then repeat'),
  ],
  [
    'VolumeModificationRateExceeded',
    refusal(
      'unavailable',
      'the EBS volume was changed too often',
      'repeat later: a volume takes four changes in 24 hours, each once the one before is completed',
    ),
  ],
  [
    'IdempotentParameterMismatch',
    refusal(
      'conflict',
      'the same request was made with other parameters in the last hours',
      'repeat with the options of then, or choose another name',
    ),
  ],
  ...[
    'MaxIOPSLimitExceeded',
    'SnapshotLimitExceeded',
    'TagLimitExceeded',
    'VolumeLimitExceeded',
    'ConcurrentSnapshotLimitExceeded',
  ].map((code): [string, Refusal] => [
    code,
    refusal(
      'unavailable',
      'a quota of the account is used up in this region',
      'delete what is not needed, or ask for more in the Service Quotas console',
    ),
  ]),
  [
    'InsufficientVolumeCapacity',
    refusal(
      'unavailable',
      'AWS has no capacity for such a volume in this zone now',
      'repeat later, or choose another type',
    ),
  ],
  [
    'InvalidKMSKey.InvalidState',
    refusal('unavailable', 'the KMS key cannot be used now', 'enable the key, then repeat'),
  ],
  ...['AuthFailure', 'InvalidClientTokenId', 'SignatureDoesNotMatch', 'UnrecognizedClientException'].map(
    (code): [string, Refusal] => [
      code,
      refusal(
        'unavailable',
        "AWS does not accept this host's credentials",
        'give the instance an IAM role, or put its credentials right; a wrong clock does this too',
      ),
    ],
  ),
  [
    'ExpiredToken',
    refusal(
      'unavailable',
      "this host's credentials have expired",
      'renew them, or give the instance an IAM role',
    ),
  ],
  [
    'RequestExpired',
    refusal(
      'unavailable',
      "this host's clock is wrong",
      'set the clock (chrony, systemd-timesyncd), then repeat',
    ),
  ],
  [
    'OptInRequired',
    refusal('unavailable', 'the account is not subscribed to EC2 in this region', 'enable the region first'),
  ],
  [
    'UnauthorizedOperation',
    refusal(
      'unavailable',
      'the permission is missing',
      "add the action to the IAM policy of this host's role",
    ),
  ],
]);

/** For a code that has no row of its own, by AWS's families of codes. */
export function refusalOf(code: string): Refusal {
  const known = refusals.get(code);
  if (known !== undefined) return known;
  if (/^(Invalid|Missing|Malformed|Unknown|Unsupported|Validation)/.test(code)) {
    return refusal('invalid', 'EC2 does not accept it', 'put the option or setting right');
  }
  if (/LimitExceeded$/.test(code)) {
    return refusal(
      'unavailable',
      'a quota of the account is used up',
      'ask for more in the Service Quotas console',
    );
  }
  return refusal('failed', 'EC2 refused it', 'look the code up in the EC2 API reference');
}

function refusal(code: ErrorCode, happened: string, wayOut: string): Refusal {
  return { code, happened, wayOut };
}
