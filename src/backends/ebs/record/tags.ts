import { newerFormat } from '../../../core/decisions/known-format.ts';
import type { UnreadableVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type Parsed, volumeSchema } from '../../shared/recorded/volume-record.ts';
import type { Disk, Tags } from '../ec2/ec2.ts';
import { admittedVolume } from './admitted-volume.ts';
import {
  type Exchange,
  readExchange,
  readReplacedBy,
  readView,
  type View,
  writeExchange,
  writeView,
} from './exchange.ts';
import { keptWords, readKept, writeKept } from './kept-words.ts';
import { type Removal, readHold, writeHold } from './tags-hold.ts';
import { readGiven, readOptions, writeGiven, writeOptions } from './tags-options.ts';
import { joinTag, splitTag } from './tags-split.ts';

/**
 * A volume's record is in the tags of its EBS volume. One CreateTags changes it from present to removed and back.
 */
export interface DiskRecord {
  readonly driver: string;
  readonly volume: Volume;
  /** True: we made it empty and have not put a file system on it yet; false: it has, or may have, data. */
  readonly isBlank: boolean;
  /** Present on a removed volume. */
  readonly removal?: Removal;
  /** Made by a rollback that was not completed: it is not the volume yet. */
  readonly next?: Exchange;
  /** Shows a snapshot for a while: it is not a volume, and never becomes one. */
  readonly view?: View;
  /** It became the volume by a rollback, and what was before it is not in the trash yet. */
  readonly replaces?: Exchange;
  /** The EBS volume that a rollback makes the volume; this one still is, as long as that one is not. */
  readonly replacedBy?: string;
}

/** All our keys begin with it. */
export const tagPrefix = 'holdfast:';

export const keys = {
  driver: 'holdfast:driver',
  name: 'holdfast:name',
  id: 'holdfast:id',
  /** `present`, `removed` or `next`: EC2 cannot filter by a tag that is absent. */
  state: 'holdfast:state',
  createdAt: 'holdfast:created',
  options: 'holdfast:options',
  given: 'holdfast:given',
  blank: 'holdfast:blank',
  removedAt: 'holdfast:removed',
  purgeAfter: 'holdfast:purge-after',
  kept: 'holdfast:kept',
  changed: 'holdfast:changed',
} as const;

/** Which of the name's request tokens made it: tokens that already made a volume are skipped at once. */
export const tokenKey = 'holdfast:token';
/** When it was last brought back; cancels an earlier removal that a host remembers. */
export const restoredKey = 'holdfast:restored';

/** When a host last noted that it uses the volume; only shown in lists, decides nothing. */
export const usedKey = 'holdfast:used';

/** Absent from records of the first format. */
const formatKey = 'holdfast:format';

/** The instance that an orchestrator had it attached to, and that has not mounted it since: nobody else detaches it from there. */
const publishedKey = 'holdfast:published';
export const publishedKeys: readonly string[] = [publishedKey];

export function publishedTags(instanceId: string): Tags {
  return { [publishedKey]: instanceId };
}

export function isPublishedTo(tags: Tags, instanceId: string): boolean {
  return tags[publishedKey] === instanceId;
}

/** For users and the console. */
const nameKey = 'Name';
/** AWS's own limits: docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
export const mostTags = 50;

/**
 * All tags of a new EBS volume, for the call that creates it; `extra`: tags of the settings, which override only `Name`.
 * Throws `invalid` if there are more than EC2 takes.
 */
export function encodeRecord(record: DiskRecord, extra: Tags): Tags {
  const tags = { [nameKey]: record.volume.name, ...extra, ...recordTags(record) };
  const count = countWithLater(tags);
  if (count <= mostTags) return tags;
  throw new VolumeError(
    'invalid',
    `Volume ${record.volume.name}: its options and the driver's tags need ${count} tags, and EC2 takes ${mostTags}: shorten its options, or remove some of \`tags\`.`,
  );
}

/** Leaves room for tags that a volume gets later: a volume that cannot be removed is worse than one that is not created. */
export function countWithLater(tags: Tags): number {
  return new Set([...Object.keys(tags), tokenKey, restoredKey, publishedKey, ...removalKeys]).size;
}

/** Only our own tags: an adopted EBS volume keeps its other tags. */
export function recordTags({ driver, volume, isBlank, removal }: DiskRecord): Tags {
  return {
    [keys.driver]: driver,
    [keys.name]: volume.name,
    [keys.id]: volume.id,
    [keys.createdAt]: volume.createdAt,
    [keys.changed]: minuteOf(removal?.removedAt ?? volume.createdAt),
    ...optionTags(volume),
    ...(isBlank ? blankTags : {}),
    ...(removal === undefined ? presentTags : removalTags(removal, volume.id)),
  };
}

/** The volume's options; their tags are always written together. */
export function optionTags({ options, given }: Volume): Tags {
  return {
    ...splitTag(keys.options, writeOptions(options)),
    ...splitTag(keys.given, writeGiven(given, options)),
  };
}

/** Tags to set when a volume is removed. */
export function removalTags(removal: Removal, id: string): Tags {
  return {
    [keys.state]: 'removed',
    [keys.removedAt]: removal.removedAt,
    ...holdTags(removal, id),
    [keys.kept]: writeKept(removal),
    [keys.changed]: minuteOf(removal.removedAt),
  };
}

/** Tags to set on a volume that is removed already: they have no effect if it was brought back in the meantime. */
export function holdTags(removal: Removal, id: string): Tags {
  // Empty rather than absent: it replaces what an earlier removal left.
  return { [keys.purgeAfter]: writeHold(removal, id) };
}

/** Tags to set when a volume is brought back, at this time (RFC 3339, UTC); the removal's tags are then ignored. */
export function restoredTags(at: string): Tags {
  return { ...presentTags, [restoredKey]: at, [keys.changed]: minuteOf(at) };
}

/** Tags of an EBS volume that a rollback makes; they replace those of a present volume. */
export function nextTags(exchange: Exchange): Tags {
  return { [keys.state]: 'next', [keys.kept]: writeExchange(exchange) };
}

/** The same of one that shows a snapshot. */
export function viewTags(view: View): Tags {
  return { [keys.state]: 'next', [keys.kept]: writeView(view) };
}

export const presentTags: Tags = { [keys.state]: 'present' };
/** The removal's tags, to be deleted after that. */
export const removalKeys: readonly string[] = [keys.removedAt, keys.purgeAfter, keys.kept];
/** Other hosts ask for these values to learn of changes: EC2 compares only whole values. */
export function minuteOf(time: string): string {
  return time.slice(0, '2026-01-01T00:00'.length);
}

const blankTags: Tags = { [keys.blank]: 'true' };
/** To be removed before the first write to it. */
export const blankKeys: readonly string[] = [keys.blank];

/** The ID of the volume whose record these tags are; undefined on what a rollback has not made the volume yet. */
export function volumeIdOn(tags: Tags, driver: string): string | undefined {
  return tags[keys.driver] === driver && tags[keys.state] !== 'next' ? tags[keys.id] : undefined;
}

/** Our keys among these tags; they are removed when an adopted volume is forgotten. */
export function ownKeys(tags: Tags): readonly string[] {
  return Object.keys(tags).filter((key) => key.startsWith(tagPrefix));
}

/** The volume of these tags if only its name can be read; undefined if it is readable, removed or not a volume. */
export function unreadableOn({ id, tags }: Disk, driver: string): UnreadableVolume | undefined {
  if (tags[keys.driver] !== driver || tags[keys.state] === 'removed') return undefined;
  const record = decodeRecord(tags);
  const name = volumeSchema.shape.name.safeParse(tags[keys.name]);
  if (record === undefined || 'value' in record || !name.success) return undefined;
  const unreadable =
    `The tags of volume ${name.data} on ${id} cannot be read (${record.reason}): its data is untouched. ` +
    `Correct the tags; to forget the volume, remove ${keys.driver} from ${id}.`;
  return { name: name.data, unreadable };
}

/** Undefined: not one of ours. Never throws: the caller decides what to do about an unreadable record. */
export function decodeRecord(tags: Tags): Parsed<DiskRecord> | undefined {
  const driver = tags[keys.driver];
  if (driver === undefined) return undefined;
  const wrong = wrongTag(tags);
  if (wrong !== undefined) return { reason: wrong };
  const volume = decodeVolume(tags);
  if ('reason' in volume) return volume;
  const state = decodeState(tags, volume.value.id);
  if ('reason' in state) return state;
  return { value: { driver, volume: volume.value, isBlank: tags[keys.blank] === 'true', ...state.value } };
}

type State = Pick<DiskRecord, 'removal' | 'next' | 'view' | 'replaces' | 'replacedBy'>;

function decodeNext(next: Exchange | undefined, view: View | undefined): Parsed<State> {
  if (next !== undefined) return { value: { next } };
  return view ? { value: { view } } : { reason: `${keys.kept} does not say what it is for` };
}

function decodeState(tags: Tags, id: string): Parsed<State> {
  const state = tags[keys.state];
  const exchange = readExchange(tags[keys.kept]);
  if (state === 'next') return decodeNext(exchange, readView(tags[keys.kept]));
  if (state !== 'present') {
    const removal = decodeRemoval(tags, id);
    return 'reason' in removal ? removal : { value: { removal: removal.value } };
  }
  if (exchange !== undefined) return { value: { replaces: exchange } };
  const replacedBy = readReplacedBy(tags[keys.kept]);
  return { value: replacedBy === undefined ? {} : { replacedBy } };
}

/** Our values never contain control characters; they also mark a duplicate key. */
function wrongTag(tags: Tags): string | undefined {
  const odd = ownKeys(tags).find((key) => /\p{Cc}/u.test(tags[key] ?? ''));
  if (odd !== undefined) return `${odd} is there twice, or has control characters`;
  const newer = newerFormat({ format: Number(tags[formatKey] ?? 1) });
  if (newer !== undefined) return newer;
  // Far more than a name can use up.
  return /^([1-9]\d{0,5})?$/.test(tags[tokenKey] ?? '') ? undefined : `${tokenKey} is not a small number`;
}

export function decodeVolume(tags: Tags): Parsed<Volume> {
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
  if (parsed.success) return admittedVolume(parsed.data);
  return {
    reason: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  };
}

function decodeRemoval(tags: Tags, id: string): Parsed<Removal> {
  if (tags[keys.state] !== 'removed') return { reason: `${keys.state} is neither present nor removed` };
  const how = readKept(tags[keys.kept]);
  if (how === undefined) return { reason: `${keys.kept} is not one of ${keptWords.join(', ')}` };
  const { [keys.removedAt]: removedAt = '', [keys.purgeAfter]: written = '' } = tags;
  if (!isTime(removedAt)) return { reason: `${keys.removedAt} is not a time` };
  if (written === '') return { value: { removedAt, ...how } };
  const read = readHold(written, { removedAt, ...how }, id);
  if ('reason' in read) return { reason: `${keys.purgeAfter} ${read.reason}` };
  return isTime(read.value.purgeAfter) ? read : { reason: `${keys.purgeAfter} is not a time` };
}

function isTime(text: string): boolean {
  return volumeSchema.shape.createdAt.safeParse(text).success;
}
