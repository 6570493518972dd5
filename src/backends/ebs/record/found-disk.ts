import type { Disk } from '../ec2/ec2.ts';
import type { DiskRecord } from './tags.ts';

/** An EBS volume that is a volume of this driver. */
export interface FoundDisk {
  readonly disk: Disk;
  readonly record: DiskRecord;
}
