import { newerFormat } from '../../../core/decisions/known-format.ts';
import type { UnreadableVolume, Volume } from '../../../core/volume.ts';
import { type Parsed, volumeSchema } from '../../shared/recorded/volume-record.ts';
import type { Disk, Tags } from '../ec2/ec2.ts';
import { admittedVolume } from './admitted-volume.ts';
import { type Exchange, readExchange, readReplacedBy, readView, type View } from './exchange.ts';
import { keptWords, readKept } from './kept-words.ts';
import { formatKey, keys, leavingKey, publishedKey, tagPrefix, tokenKey } from './keys.ts';
import type { DiskRecord } from './tags.ts';
import { type Removal, readHold } from './tags-hold.ts';
import { readGiven, readOptions } from './tags-options.ts';
import { joinTag } from './tags-split.ts';

/** The ID of the volume whose record these tags are; undefined on what a rollback has not made the volume yet. */
export function volumeIdOn(tags: Tags, driver: string): string | undefined {
  return tags[keys.driver] === driver && tags[keys.state] !== 'next' ? tags[keys.id] : undefined;
}

/** Our keys among these tags; they are removed when an adopted volume is forgotten. */
export function ownKeys(tags: Tags): readonly string[] {
  return Object.keys(tags).filter((key) => key.startsWith(tagPrefix));
}

export function isPublishedTo(tags: Tags, instanceId: string): boolean {
  return tags[publishedKey] === instanceId;
}

export function isLeaving(tags: Tags, instanceId: string): boolean {
  return tags[leavingKey] === instanceId;
}

/** The volume of these tags if only its name can be read; undefined if it is readable, removed or not a volume. */
export function unreadableOn({ id, tags }: Disk, driver: string): UnreadableVolume | undefined {
  if (tags[keys.driver] !== driver || tags[keys.state] === 'removed') return undefined;
  const record = decodeRecord(tags);
  const name = volumeSchema().shape.name.safeParse(tags[keys.name]);
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
  const parsed = volumeSchema().safeParse({
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
  return volumeSchema().shape.createdAt.safeParse(text).success;
}
