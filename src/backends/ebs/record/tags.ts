import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Tags } from '../ec2/ec2.ts';
import { type Exchange, type View, writeExchange, writeView } from './exchange.ts';
import { writeKept } from './kept-words.ts';
import { keys, leavingKey, mostTags, nameKey, publishedKey, restoredKey, tokenKey } from './keys.ts';
import { type Removal, writeHold } from './tags-hold.ts';
import { writeGiven, writeOptions } from './tags-options.ts';
import { splitTag } from './tags-split.ts';

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

export function publishedTags(instanceId: string): Tags {
  return { [publishedKey]: instanceId };
}

export function leavingTags(instanceId: string): Tags {
  return { [leavingKey]: instanceId };
}

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

/**
 * Leaves room for tags that a volume gets later: a volume that cannot be removed is worse than one that is not created. `leavingKey` has the
 * room of `removalKeys`: what is being detached is not removed.
 */
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
