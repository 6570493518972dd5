import { parseSize } from '../../../core/sizes.ts';
import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type CompletedOptions, origins } from '../../shared/options/complete-options.ts';
import { mkfsWords } from '../disk/mkfs-options.ts';
import { type DiskType, diskTypes } from '../ec2/ec2.ts';
import { answeredOptions } from '../record/actual-options.ts';
import { diskMountOptions } from './disk-mount-options.ts';
import { type IopsLimits, mostIops, type Range, typeLimits, usualSize } from './plan-limits.ts';
import type { EbsSettings } from './settings.ts';
import { diskSizeValue, gibibyte } from './values.ts';

export function builtInOptions({ kmsKeyId }: Pick<EbsSettings, 'kmsKeyId'>): Options {
  return {
    type: 'gp3',
    fsType: 'ext4',
    rootPath: 'data',
    uid: '0',
    gid: '0',
    mode: '0755',
    readOnly: 'false',
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
  };
}

/** Options that existing data has settled already. */
const ofNewData = ['mkfsOptions', 'uid', 'gid', 'mode'];

/**
 * Completes the options with what follows from them, and leaves out those that do not apply to the volume's kind. Throws `invalid`
 * if an explicit option does not apply, or if EC2 would refuse it.
 */
export function fitOptions(where: string, completed: CompletedOptions): Options {
  const plan: Plan = { where, completed };
  const { overwriteFS: _, ...asked } = completed.options;
  const options = fitFileSystem(plan, asked);
  if (options.from !== undefined) return fitDisk(plan, withoutOtherData(plan, options));
  if (options.volumeId !== undefined) return fitAdopted(plan, options);
  const data =
    options.snapshot === undefined
      ? options
      : without(plan, options, ofNewData, 'snapshot', 'its data is taken as it is');
  return fitDisk(plan, data);
}

/** Fits the size, type and performance of a volume that exists. Throws `invalid`. */
export function fitPerformance(where: string, completed: CompletedOptions): Options {
  const plan: Plan = { where, completed };
  return fitThroughput(plan, fitIops(plan, fitSize(plan, completed.options)));
}

function fitDisk(plan: Plan, options: Options): Options {
  return fitThroughput(plan, fitIops(plan, fitSize(plan, fitKey(plan, options))));
}

function withoutOtherData(plan: Plan, options: Options): Options {
  return without(plan, options, ['snapshot', 'volumeId'], 'from', 'a copy has the data of its source');
}

/** What a copy takes over from its source: not where the source's own data came from, nor where the source is. */
export function inheritedOptions(source: Options): Options {
  const { snapshot: _, volumeId: _id, availabilityZone: _zone, ...options } = source;
  return options;
}

interface Plan {
  /** Begins every message. */
  readonly where: string;
  readonly completed: CompletedOptions;
}

/** Explicit options of the EBS volume itself are compared with it when it is adopted; defaults are left out. */
function fitAdopted(plan: Plan, options: Options): Options {
  const ofMaking = ['snapshot', ...ofNewData];
  const asked = (name: string) => strengthOf(plan, name) <= strengthOf(plan, 'volumeId');
  const isRefused = ofMaking.some((name) => options[name] !== undefined && asked(name));
  const kept = isRefused ? [] : answeredOptions.filter(asked);
  const left = [...answeredOptions, ...ofMaking].filter((name) => !kept.some((one) => one === name));
  return without(plan, options, left, 'volumeId', 'an existing volume is taken as it is');
}

/** Rank of an option's source; 0 is the strongest. */
function strengthOf({ completed }: Plan, name: string): number {
  return origins.indexOf(completed.origin.get(name) ?? 'built-in');
}

/** Leaves out options that conflict with `reason` and come from a weaker source; refuses the others. */
function without(
  plan: Plan,
  options: Options,
  names: readonly string[],
  reason: string,
  because: string,
): Options {
  const present = names.filter((name) => options[name] !== undefined);
  const beside = present.filter((name) => strengthOf(plan, name) <= strengthOf(plan, reason));
  if (beside.length > 0) {
    throw new VolumeError(
      'invalid',
      `${plan.where}: ${beside.join(', ')} cannot be combined with ${reason}=${options[reason]}: ${because}. Leave one of them out.`,
    );
  }
  return Object.fromEntries(Object.entries(options).filter(([name]) => !present.includes(name)));
}

/** Options for another file system than the requested one: those from defaults are left out. */
function fitFileSystem(plan: Plan, options: Options): Options {
  const type = options.fsType ?? 'ext4';
  const checks = {
    mkfsOptions: (text: string) => mkfsWords(text, type),
    mountOptions: (text: string) => diskMountOptions(text, type),
  };
  return Object.entries(checks).reduce((rest, [name, check]) => {
    try {
      check(rest[name] ?? '');
      return rest;
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      return without(plan, rest, [name], 'fsType', error.message.replace(/\.$/, ''));
    }
  }, options);
}

function fitKey(plan: Plan, options: Options): Options {
  if (options.kmsKeyId === undefined) return options;
  if (options.encrypted === 'false') {
    return without(plan, options, ['kmsKeyId'], 'encrypted', 'a key is for encrypted volumes');
  }
  return { ...options, encrypted: 'true' };
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
