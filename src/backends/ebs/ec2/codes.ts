import type { Ec2Action } from './actions.ts';

/**
 * The meaning of EC2's error codes, from AWS's documentation and the EBS CSI driver
 * (docs/design/ebs-rules.md#error-codes).
 */

/** Refused for now: the same request may succeed later. */
export const throttlingCodes: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
]);

/** A failure inside EC2. Whether the request was done is unknown. */
export const troubleCodes: ReadonlySet<string> = new Set([
  'InternalError',
  'InternalFailure',
  'RequestTimeout',
  'ServiceUnavailable',
  'Unavailable',
]);

/** The caller's credentials are not accepted at all. */
export const credentialCodes: ReadonlySet<string> = new Set([
  'AuthFailure',
  'ExpiredToken',
  'InvalidClientTokenId',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** The requested state already holds. */
export const doneCodes: Readonly<Partial<Record<Ec2Action, readonly string[]>>> = {
  DeleteSnapshot: ['InvalidSnapshot.NotFound'],
  DeleteVolume: ['InvalidVolume.NotFound'],
  DetachVolume: ['InvalidVolume.NotFound', 'InvalidAttachment.NotFound', 'IncorrectState'],
};

/** It does not exist (any more). */
export const goneCodes: Readonly<Partial<Record<Ec2Action, readonly string[]>>> = {
  DescribeVolumes: ['InvalidVolume.NotFound'],
  DescribeInstances: ['InvalidInstanceID.NotFound'],
  DescribeInstanceTypes: ['InvalidInstanceType'],
  DescribeSnapshots: ['InvalidSnapshot.NotFound'],
  DescribeVolumesModifications: ['InvalidVolumeModification.NotFound', 'InvalidVolume.NotFound'],
};

export function isDone(action: Ec2Action, code: string): boolean {
  return doneCodes[action]?.includes(code) ?? false;
}

export function isGone(action: Ec2Action, code: string): boolean {
  return goneCodes[action]?.includes(code) ?? false;
}
