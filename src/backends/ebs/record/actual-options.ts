import type { Options } from '../../../core/volume.ts';
import type { Disk } from '../ec2/ec2.ts';
import { diskSizeValue } from '../options/values.ts';

/** Options that can be compared with what EC2 says about the EBS volume. */
export const answeredOptions = [
  'size',
  'type',
  'iops',
  'throughput',
  'encrypted',
  'kmsKeyId',
  'availabilityZone',
] as const;

/** The EBS volume's properties as options. Absent if EC2 did not say. */
export function actualOptions(disk: Disk): Options {
  const { sizeGiB, type, iops, throughput, encrypted, kmsKeyId, zone } = disk;
  return {
    ...(sizeGiB > 0 ? { size: diskSizeValue(`${sizeGiB}`) } : {}),
    ...(type === '' ? {} : { type }),
    ...(iops === undefined ? {} : { iops: `${iops}` }),
    ...(throughput === undefined ? {} : { throughput: `${throughput}` }),
    encrypted: `${encrypted}`,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(zone === '' ? {} : { availabilityZone: zone }),
  };
}

/** How the EBS volume differs from the options, in words that name both values; undefined if it does not. */
export function differenceFromDisk(options: Options, disk: Disk): string | undefined {
  const has = actualOptions(disk);
  const differing = answeredOptions.filter(
    (name) => options[name] !== undefined && options[name] !== has[name],
  );
  if (differing.length === 0) return undefined;
  return differing
    .map((name) => `${name} is ${has[name] ?? 'not known'}, but the option says ${options[name]}`)
    .join('; ');
}
