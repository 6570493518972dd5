import type { DiskType } from '../ec2/ec2.ts';

/** EC2's limits for each type. Source: the API reference of CreateVolume, and "Amazon EBS volume types", both of 2026. */
export interface TypeLimits {
  /** GiB. */
  readonly size: Range;
  readonly iops?: IopsLimits;
  /** MiB/s. */
  readonly throughput?: Range & {
    /** MiB/s per IOPS. */
    readonly perIops: number;
  };
}

export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface IopsLimits extends Range {
  /** IOPS per GiB; the minimum is allowed at every size. */
  readonly perGiB: number;
  readonly usual: number;
}

export const typeLimits: Readonly<Record<DiskType, TypeLimits>> = {
  gp3: {
    size: { least: 1, most: 65_536 },
    iops: { least: 3000, most: 80_000, perGiB: 500, usual: 3000 },
    throughput: { least: 125, most: 2000, perIops: 0.25 },
  },
  gp2: { size: { least: 1, most: 16_384 } },
  io2: {
    size: { least: 4, most: 65_536 },
    iops: { least: 100, most: 256_000, perGiB: 1000, usual: 3000 },
  },
  io1: {
    size: { least: 4, most: 16_384 },
    iops: { least: 100, most: 64_000, perGiB: 50, usual: 3000 },
  },
  st1: { size: { least: 125, most: 16_384 } },
  sc1: { size: { least: 125, most: 16_384 } },
  standard: { size: { least: 1, most: 1024 } },
};

/** GiB, if no size is given; the same as REX-Ray's. */
export const usualSize = 16;

/** How many IOPS a volume of this size may have. */
export function mostIops({ least, most, perGiB }: IopsLimits, sizeGiB: number): number {
  return Math.min(most, Math.max(least, perGiB * sizeGiB));
}
