import type { Ec2Action } from './ec2-actions.ts';

/**
 * What EC2's error codes mean to us. From "Error codes for the Amazon EC2 API"
 * (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html) and what the EBS CSI driver learned.
 */

/** Refused for now, not for good: the same request again, later. */
export const throttlingCodes: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
]);

/** EC2's own trouble. Whether the request was done is unknown. */
export const troubleCodes: ReadonlySet<string> = new Set([
  'InternalError',
  'InternalFailure',
  'RequestTimeout',
  'ServiceUnavailable',
  'Unavailable',
]);

/** Who asks is not accepted at all. */
export const credentialCodes: ReadonlySet<string> = new Set([
  'AuthFailure',
  'ExpiredToken',
  'InvalidClientTokenId',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** What was asked for holds already. */
export const doneCodes: Readonly<Partial<Record<Ec2Action, readonly string[]>>> = {
  DeleteVolume: ['InvalidVolume.NotFound'],
  DetachVolume: ['InvalidVolume.NotFound', 'InvalidAttachment.NotFound', 'IncorrectState'],
};

/** There is none (any more). */
export const goneCodes: Readonly<Partial<Record<Ec2Action, readonly string[]>>> = {
  DescribeVolumes: ['InvalidVolume.NotFound'],
  DescribeInstances: ['InvalidInstanceID.NotFound'],
  DescribeInstanceTypes: ['InvalidInstanceType'],
  DescribeSnapshots: ['InvalidSnapshot.NotFound'],
};

export function isDone(action: Ec2Action, code: string): boolean {
  return doneCodes[action]?.includes(code) ?? false;
}

export function isGone(action: Ec2Action, code: string): boolean {
  return goneCodes[action]?.includes(code) ?? false;
}
