import { parseSize } from '../../../core/sizes.ts';
import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type DiskType, diskTypes } from '../ec2/ec2.ts';
import { type IopsLimits, mostIops, type Range, typeLimits, usualSize } from './plan-limits.ts';
import { diskSizeValue, gibibyte } from './values.ts';
import { type Plan, without } from './without.ts';

/** Completes size, type and performance. Throws `invalid` for what EC2 would refuse. */
export function fitPerformance(plan: Plan, options: Options): Options {
  return fitThroughput(plan, fitIops(plan, fitSize(plan, options)));
}

function fitSize(plan: Plan, options: Options): Options {
  const limits = typeLimits[typeOf(options)].size;
  if (options.size !== undefined) {
    requireRange(plan, options, 'size', gibOf(options.size), limits, 'GiB');
    return options;
  }
  if (options.snapshot !== undefined || options.from !== undefined) return options;
  return { ...options, size: diskSizeValue(`${Math.max(usualSize, limits.least)}`) };
}

function fitIops(plan: Plan, options: Options): Options {
  const type = typeOf(options);
  const limits = typeLimits[type].iops;
  if (limits === undefined) {
    return without(plan, options, ['iops'], 'type', `IOPS of ${type} cannot be chosen`);
  }
  if (options.iops !== undefined) {
    requireRange(
      plan,
      options,
      'iops',
      Number(options.iops),
      { ...limits, most: mostOf(limits, options) },
      '',
    );
    return options;
  }
  // EC2 has a default for gp3 only.
  if (type === 'gp3') return options;
  if (options.size === undefined && type === 'io1') {
    throw new VolumeError(
      'invalid',
      `${plan.where}, option iops: an io1 volume whose size is that of its snapshot needs it: add the option \`iops=100\` or more.`,
    );
  }
  return { ...options, iops: `${Math.min(limits.usual, mostOf(limits, options))}` };
}

function mostOf(limits: IopsLimits, { size }: Options): number {
  return size === undefined ? limits.most : mostIops(limits, gibOf(size));
}

function fitThroughput(plan: Plan, options: Options): Options {
  const type = typeOf(options);
  const { throughput: limits, iops } = typeLimits[type];
  if (limits === undefined) {
    return without(plan, options, ['throughput'], 'type', `the throughput of ${type} cannot be chosen`);
  }
  if (options.throughput === undefined) return options;
  const most = Math.min(limits.most, limits.perIops * Number(options.iops ?? iops?.usual ?? 0));
  requireRange(plan, options, 'throughput', Number(options.throughput), { ...limits, most }, 'MiB/s');
  return options;
}

function requireRange(
  { where }: Plan,
  options: Options,
  name: string,
  value: number,
  { least, most }: Range,
  unit: string,
): void {
  if (value >= least && value <= most) return;
  const others = ['size', 'iops'].filter((other) => other !== name && options[other] !== undefined);
  const such = [`type ${typeOf(options)}`, ...others.map((other) => `${other} ${options[other]}`)].join(', ');
  throw new VolumeError(
    'invalid',
    `${where}, option ${name}: a volume of ${such} has from ${least} to ${most} ${unit}`.trimEnd() +
      `, not ${options[name]}: choose one of those, or another type or size.`,
  );
}

function typeOf(options: Options): DiskType {
  return diskTypes.find((type) => type === options.type) ?? 'gp3';
}

function gibOf(size: string): number {
  return parseSize(size) / gibibyte;
}
