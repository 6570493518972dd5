import { invalidValue } from '../api/ec2-error.ts';

/**
 * "Device names for volumes on Amazon EC2 instances": /dev/sd[a-z], /dev/xvd[a-z] and, for hvm, /dev/xvd[a-d][a-z], with or
 * without the folder.
 */
export function checkDeviceName(name: string): void {
  if (/^(?:\/dev\/)?(?:sd[a-z]|xvd[a-z]|xvd[a-d][a-z])$/.test(name)) return;
  throw invalidValue(
    `Value (${name}) for parameter device is invalid. ${name} is not a valid EBS device name.`,
  );
}

/** The place that a name stands for: `/dev/sdf`, `/dev/xvdf` and `xvdf` are the same. */
export function slot(name: string): string {
  return name.replace(/^(?:\/dev\/)?(?:sd|xvd)/, 'xvd');
}
