import { Ec2Error, invalidValue, missing } from '../api/ec2-error.ts';
import type { Performance } from './resources.ts';

export type VolumeType = keyof typeof volumeTypes;

interface Range {
  readonly least: number;
  readonly most: number;
}

interface Limits {
  readonly gib: Range;
  readonly iops?: Range & { readonly perGib: number; readonly unasked?: number };
  readonly throughput?: Range & { readonly perIops: number };
}

/** "Amazon EBS volume types" and "CreateVolume", as of gp3's larger limits of September 2025. */
const volumeTypes = {
  standard: { gib: { least: 1, most: 1024 } },
  gp2: { gib: { least: 1, most: 16_384 } },
  gp3: {
    gib: { least: 1, most: 65_536 },
    iops: { least: 3000, most: 80_000, perGib: 500, unasked: 3000 },
    throughput: { least: 125, most: 2000, perIops: 0.25 },
  },
  io1: { gib: { least: 4, most: 16_384 }, iops: { least: 100, most: 64_000, perGib: 50 } },
  io2: { gib: { least: 4, most: 65_536 }, iops: { least: 100, most: 256_000, perGib: 1000 } },
  st1: { gib: { least: 125, most: 16_384 } },
  sc1: { gib: { least: 125, most: 16_384 } },
} as const satisfies Record<string, Limits>;

export function volumeType(name: string): VolumeType {
  if (isVolumeType(name)) return name;
  throw new Ec2Error('UnknownVolumeType', `Unsupported volume type '${name}' for volume creation.`);
}

/** Refuses values that this type does not allow; fills in defaults. */
export function checkedPerformance(asked: Performance): Performance {
  const limits: Limits = volumeTypes[asked.type];
  checkSize(asked, limits.gib);
  const iops = checkedIops(asked, limits.iops);
  return { ...asked, iops, throughput: checkedThroughput(asked, iops, limits.throughput) };
}

function isVolumeType(name: string): name is VolumeType {
  return Object.hasOwn(volumeTypes, name);
}

function checkSize({ type, gib }: Performance, { least, most }: Range): void {
  const volume = `Volume of ${gib}GiB is too`;
  if (gib < least) throw invalidValue(`${volume} small for volume type ${type}; minimum is ${least}GiB`);
  if (gib > most) throw invalidValue(`${volume} large for volume type ${type}; maximum is ${most}GiB`);
}

function checkedIops({ type, gib, iops }: Performance, limits: Limits['iops']): number | undefined {
  if (!limits) {
    if (iops === undefined) return type === 'gp2' ? Math.min(Math.max(gib * 3, 100), 16_000) : undefined;
    const message = `The parameter iops is not supported for ${type} volumes.`;
    throw new Ec2Error('InvalidParameterCombination', message);
  }
  if (iops === undefined && limits.unasked === undefined) throw missing('iops');
  const value = iops ?? limits.unasked ?? limits.least;
  if (value < limits.least)
    throw invalidValue(`Volume iops of ${value} is too low; minimum is ${limits.least}.`);
  if (value > limits.most)
    throw invalidValue(`Volume iops of ${value} is too high; maximum is ${limits.most}.`);
  const ratio = value / gib;
  if (ratio > limits.perGib && value > (limits.unasked ?? 0)) {
    throw invalidValue(
      `Iops to volume size ratio of ${ratio.toFixed(6)} is too high; maximum is ${limits.perGib}`,
    );
  }
  return value;
}

function checkedThroughput(
  { throughput }: Performance,
  iops: number | undefined,
  limits: Limits['throughput'],
): number | undefined {
  if (!limits) {
    if (throughput === undefined) return undefined;
    const message = 'throughput can only be specified for volumeType gp3.';
    throw new Ec2Error('InvalidParameterCombination', message);
  }
  const value = throughput ?? limits.least;
  const outside =
    value < limits.least ? `low; minimum is ${limits.least}` : `high; maximum is ${limits.most}`;
  if (value < limits.least || value > limits.most) {
    throw invalidValue(`Volume throughput of ${value} MiBps is too ${outside}.`);
  }
  const ratio = value / (iops ?? 1);
  if (ratio <= limits.perIops) return value;
  const most = limits.perIops.toFixed(6);
  throw invalidValue(
    `Throughput (MiBps) to iops ratio of ${ratio.toFixed(6)} is too high; maximum is ${most} MiBps per iops`,
  );
}
