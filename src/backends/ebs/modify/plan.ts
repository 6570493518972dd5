import { quote } from '../../../core/names.ts';
import { formatSize, parseSize } from '../../../core/sizes.ts';
import type { Options, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type CompletedOptions, origins } from '../../shared/options/complete-options.ts';
import { type Disk, diskTypes, type WantedChange } from '../ec2/ec2.ts';
import { ebsOptions } from '../options/options.ts';
import { fitPerformance } from '../options/performance.ts';
import { gibibyte } from '../options/values.ts';
import { actualOptions } from '../record/actual-options.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { optionTags } from '../record/tags.ts';

/** What EC2 can change of a volume. */
const modifiable = ['size', 'type', 'iops', 'throughput'] as const;

export interface PlannedChange {
  /** As it is to be recorded. */
  readonly volume: Volume;
  /** What its EBS volume does not have yet; empty if it has all. */
  readonly change: WantedChange;
}

/** No I/O. Throws `invalid` for options that cannot be changed, or that EC2 would refuse. */
export function planChange(
  { disk, record: { volume } }: FoundDisk,
  wanted: Options,
  doing: string,
): PlannedChange {
  const asked = ebsOptions.read(doing, wanted);
  refuseOthers(asked, doing);
  const has = actualOptions(disk);
  refuseSmaller(has.size, asked.size, doing);
  const isOtherType = asked.type !== undefined && asked.type !== has.type;
  // Another type has other limits: what is not asked for takes the new type's usual values.
  const kept = Object.fromEntries(
    modifiable.flatMap((name) =>
      has[name] === undefined || (isOtherType && ['iops', 'throughput'].includes(name))
        ? []
        : [[name, has[name]]],
    ),
  );
  const whole = completed(asked, kept);
  const fitted = fitPerformance({ where: doing, completed: whole }, whole.options);
  return { volume: recorded(volume, asked, fitted, doing), change: changeOf(disk, fitted) };
}

function refuseOthers(asked: Options, doing: string): void {
  const names = Object.keys(asked);
  const other = names.find((name) => !modifiable.some((one) => one === name));
  if (other !== undefined)
    throw new VolumeError(
      'invalid',
      `${doing}: ${quote(other)} cannot be changed, only ${modifiable.join(', ')}: clone the volume with another ${other} instead.`,
    );
  if (names.length === 0)
    throw new VolumeError('invalid', `${doing}: say what is to change: ${modifiable.join(', ')}.`);
}

function refuseSmaller(now: string | undefined, asked: string | undefined, doing: string): void {
  if (now === undefined || asked === undefined || parseSize(asked) >= parseSize(now)) return;
  throw new VolumeError(
    'invalid',
    `${doing}: it has ${now}, and ${asked} is less. A volume is never made smaller: make a new one, and copy.`,
  );
}

/** The type that it has is stronger than the rest of what it has: values that the type does not allow are left out. */
function completed(asked: Options, kept: Options): CompletedOptions {
  const [given, , recordedType, rest] = origins;
  const originOf = (name: string) => (name in asked ? given : name === 'type' ? recordedType : rest);
  const options = { ...kept, ...asked };
  return {
    given: asked,
    options,
    origin: new Map(Object.keys(options).map((name) => [name, originOf(name)])),
  };
}

function recorded(volume: Volume, asked: Options, fitted: Options, doing: string): Volume {
  const concerned = (name: string) =>
    name in asked || name in volume.options || (name !== 'size' && 'type' in asked);
  const others = Object.entries(volume.options).filter(([name]) => !modifiable.some((one) => one === name));
  const changed = modifiable.flatMap((name) =>
    fitted[name] !== undefined && concerned(name) ? [[name, fitted[name]] as const] : [],
  );
  const byName = new Map([...others, ...changed]);
  // In the order of before, so that equal options are equal texts.
  const names = [...new Set([...Object.keys(volume.options), ...byName.keys()])];
  const options = Object.fromEntries(
    names.flatMap((name) => {
      const value = byName.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const next = { ...volume, options };
  refuseOtherTags(volume, next, doing);
  return next;
}

/** They are replaced by one request, which cannot remove a tag: so there must be as many. */
function refuseOtherTags(before: Volume, after: Volume, doing: string): void {
  const keysOf = (volume: Volume) => Object.keys(optionTags(volume)).join(' ');
  if (keysOf(before) === keysOf(after)) return;
  throw new VolumeError(
    'invalid',
    `${doing}: its options would need another number of tags, which cannot be changed at once: change the EBS volume in EC2.`,
  );
}

function changeOf(disk: Disk, { size, type, iops, throughput }: Options): WantedChange {
  const sizeGiB = size === undefined ? disk.sizeGiB : parseSize(size) / gibibyte;
  const known = diskTypes.find((one) => one === type);
  return {
    ...(sizeGiB === disk.sizeGiB ? {} : { sizeGiB }),
    ...(known === undefined || known === disk.type ? {} : { type: known }),
    ...(iops === undefined || Number(iops) === disk.iops ? {} : { iops: Number(iops) }),
    ...(throughput === undefined || Number(throughput) === disk.throughput
      ? {}
      : { throughput: Number(throughput) }),
  };
}

/** `from 4GiB to 8GiB, type from gp2 to gp3`, for the audit log. */
export function changeWords(disk: Disk, change: WantedChange): string {
  const words = [
    change.sizeGiB === undefined
      ? []
      : [`from ${formatSize(disk.sizeGiB * gibibyte)} to ${formatSize(change.sizeGiB * gibibyte)}`],
    change.type === undefined ? [] : [`type from ${disk.type} to ${change.type}`],
    change.iops === undefined ? [] : [`IOPS from ${disk.iops ?? 'none'} to ${change.iops}`],
    change.throughput === undefined
      ? []
      : [`throughput from ${disk.throughput ?? 'none'} to ${change.throughput} MiB/s`],
  ];
  return words.flat().join(', ');
}
