import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { type Parsed, volumeSchema } from '../shared/volume-record.ts';
import type { Filters, Tags, TagValue } from './ec2.ts';
import { readGiven, readOptions, writeGiven, writeOptions } from './tags-options.ts';
import { joinTag, splitTag } from './tags-split.ts';

/**
 * A volume's record is in the tags of its EBS volume: what carries them all exists. One CreateTags turns it from present
 * to removed and back.
 */
export interface DiskRecord {
  readonly driver: string;
  readonly volume: Volume;
  /** True: we made it from nothing and have not put a file system on it; false: it has, or may have, data. */
  readonly isBlank: boolean;
  /** Present on a removed one. */
  readonly removal?: Removal;
}

export interface Removal extends Omit<RemovedVolume, 'volume'> {
  /** In the trash; kept until an operator decides; or an EBS volume that we only adopted. */
  readonly kept: 'trash' | 'in-place' | 'adopted';
}

/** All keys of ours begin with it. */
export const tagPrefix = 'holdfast:';

const keys = {
  driver: 'holdfast:driver',
  name: 'holdfast:name',
  id: 'holdfast:id',
  /** `present` or `removed`: EC2 cannot filter by a tag that is absent. */
  state: 'holdfast:state',
  createdAt: 'holdfast:created',
  options: 'holdfast:options',
  given: 'holdfast:given',
  blank: 'holdfast:blank',
  removedAt: 'holdfast:removed',
  purgeAfter: 'holdfast:purge-after',
  kept: 'holdfast:kept',
} as const;

/** Which of the name's request tokens made it: one that made a volume before is passed over at once. */
export const tokenKey = 'holdfast:token';
/** When it was last brought back: what a host remembers of an earlier removal is over then. */
export const restoredKey = 'holdfast:restored';

/** For people, and for the console. */
const nameKey = 'Name';
/** AWS's own limits: docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
export const mostTags = 50;

/**
 * All tags of a new EBS volume, for the call that creates it; `extra` are those of the settings, and win over `Name` only.
 * Throws `invalid` when they are more than EC2 takes.
 */
export function encodeRecord(record: DiskRecord, extra: Tags): Tags {
  const tags = { [nameKey]: record.volume.name, ...extra, ...recordTags(record) };
  const count = countWithLater(tags);
  if (count <= mostTags) return tags;
  throw new VolumeError(
    'invalid',
    `Volume ${record.volume.name}: its options and the driver's tags need ${count} tags, and EC2 takes ${mostTags}: shorten its options, or take away some of \`tags\`.`,
  );
}

/** What comes later to a volume must find room: one that cannot be removed would be worse than one that is not made. */
export function countWithLater(tags: Tags): number {
  return new Set([...Object.keys(tags), tokenKey, restoredKey, ...removalKeys]).size;
}

/** What is ours alone: for an EBS volume that is adopted, whose other tags stay as they are. */
export function recordTags({ driver, volume, isBlank, removal }: DiskRecord): Tags {
  return {
    [keys.driver]: driver,
    [keys.name]: volume.name,
    [keys.id]: volume.id,
    [keys.createdAt]: volume.createdAt,
    ...splitTag(keys.options, writeOptions(volume.options)),
    ...splitTag(keys.given, writeGiven(volume.given, volume.options)),
    ...(isBlank ? blankTags : {}),
    ...(removal === undefined ? presentTags : removalTags(removal)),
  };
}

/** To be set on a volume that is removed. */
export function removalTags({ removedAt, purgeAfter, kept }: Removal): Tags {
  return {
    [keys.state]: 'removed',
    [keys.removedAt]: removedAt,
    // Empty rather than absent: it replaces what an earlier removal left.
    [keys.purgeAfter]: purgeAfter ?? '',
    [keys.kept]: kept,
  };
}

/** To be set on a volume that is brought back; the marks of the removal then mean nothing. */
export const presentTags: Tags = { [keys.state]: 'present' };
/** Those marks, to be removed after it. */
export const removalKeys: readonly string[] = [keys.removedAt, keys.purgeAfter, keys.kept];
const blankTags: Tags = { [keys.blank]: 'true' };
/** To be removed before the first thing is written to it. */
export const blankKeys: readonly string[] = [keys.blank];

/** The ID of the volume whose record they are. */
export function volumeIdOn(tags: Tags, driver: string): string | undefined {
  return tags[keys.driver] === driver ? tags[keys.id] : undefined;
}

/** What is ours on these tags: to be removed when an adopted volume is let go. */
export function ownKeys(tags: Tags): readonly string[] {
  return Object.keys(tags).filter((key) => key.startsWith(tagPrefix));
}

/** Undefined: none of ours. Never throws: what to do about an unreadable record is the caller's to decide. */
export function decodeRecord(tags: Tags): Parsed<DiskRecord> | undefined {
  const driver = tags[keys.driver];
  if (driver === undefined) return undefined;
  const volume = decodeVolume(tags);
  if ('reason' in volume) return volume;
  const removal = decodeRemoval(tags);
  if (removal !== undefined && 'reason' in removal) return removal;
  const isBlank = tags[keys.blank] === 'true';
  return { value: { driver, volume: volume.value, isBlank, ...(removal && { removal: removal.value }) } };
}

function decodeVolume(tags: Tags): Parsed<Volume> {
  const options = readOptions(joinTag(tags, keys.options));
  if ('reason' in options) return { reason: `${keys.options}: ${options.reason}` };
  const given = readGiven(joinTag(tags, keys.given), options.value);
  if ('reason' in given) return { reason: `${keys.given}: ${given.reason}` };
  const parsed = volumeSchema.safeParse({
    name: tags[keys.name],
    id: tags[keys.id],
    options: options.value,
    given: given.value,
    createdAt: tags[keys.createdAt],
  });
  if (parsed.success) return { value: parsed.data };
  return {
    reason: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  };
}

function decodeRemoval(tags: Tags): Parsed<Removal> | undefined {
  const state = tags[keys.state];
  if (state === 'present') return undefined;
  if (state !== 'removed') return { reason: `${keys.state} is neither present nor removed` };
  const kept = keptWords.find((word) => word === tags[keys.kept]);
  if (kept === undefined) return { reason: `${keys.kept} is none of ${keptWords.join(', ')}` };
  const { [keys.removedAt]: removedAt = '', [keys.purgeAfter]: purgeAfter = '' } = tags;
  if (!isTime(removedAt)) return { reason: `${keys.removedAt} is no time` };
  if (purgeAfter === '') return { value: { removedAt, kept } };
  if (!isTime(purgeAfter)) return { reason: `${keys.purgeAfter} is no time` };
  return { value: { removedAt, purgeAfter, kept } };
}

const keptWords = ['trash', 'in-place', 'adopted'] as const;

function isTime(text: string): boolean {
  return volumeSchema.shape.createdAt.safeParse(text).success;
}

/** What has not been deleted. */
const alive = ['creating', 'available', 'in-use', 'error'];

/** All volumes of a driver, whether present or removed. */
export function everFilters(driver: string): Filters {
  return { [`tag:${keys.driver}`]: [driver], status: alive };
}

/** One name, exactly. */
export function nameTag(name: string): TagValue {
  return { key: keys.name, value: name };
}

/** All volumes of a driver. */
export function driverFilters(driver: string): Filters {
  return stateFilters(driver, 'present');
}

/** All removed volumes of a driver. */
export function removedFilters(driver: string): Filters {
  return stateFilters(driver, 'removed');
}

/** All volumes of a driver that are attached to an instance. */
export function attachedFilters(driver: string, instanceId: string): Filters {
  return { [`tag:${keys.driver}`]: [driver], 'attachment.instance-id': [instanceId] };
}

function stateFilters(driver: string, state: 'present' | 'removed'): Filters {
  return { ...everFilters(driver), [`tag:${keys.state}`]: [state] };
}
