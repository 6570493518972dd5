import { field, type Json, listField, textField, textsField } from '../../../core/json.ts';
import { parseSize, shortSize } from '../../../core/sizes.ts';
import { percentUsed } from '../../../core/usage.ts';
import { fillOf, stateOf } from '../../marks.ts';

/** The fields of a list, each as a string: `unknown` if the value is not known, `-` if there is none. */
export type FieldName = (typeof fieldNames)[number];

export const fieldNames = [
  'Driver',
  'Member',
  'Name',
  'ID',
  'CreatedAt',
  'Mountpoint',
  'Used',
  'Size',
  'UsedPercent',
  'UsedOf',
  'State',
  'For',
  'Health',
  'LastUsed',
  'Options',
] as const;

const unknown = 'unknown';
const none = '-';
/** It is unknown whether the volume was ever used. Shown only by `--unused`. */
const neverNoted = 'unknown: never recorded';

const texts: Readonly<Record<FieldName, (volume: Json) => string>> = {
  Driver: (volume) => textField(volume, 'driver'),
  Member: (volume) => textField(volume, 'member') || none,
  Name: (volume) => textField(volume, 'name'),
  ID: (volume) => textField(volume, 'id') || unknown,
  CreatedAt: (volume) => textField(volume, 'createdAt') || unknown,
  Mountpoint: (volume) => textField(volume, 'mountpoint') || none,
  Used: usedText,
  Size: sizeText,
  UsedPercent: (volume) => {
    const percent = percentOf(volume);
    return percent === undefined ? none : `${percent}%`;
  },
  UsedOf: (volume) => textField(field(volume, 'usage'), 'of') || unknown,
  State: stateOf,
  For: forWhom,
  Health: (volume) => textField(field(volume, 'health'), 'state') || none,
  LastUsed: (volume) => textField(volume, 'lastUsed') || neverNoted,
  Options: (volume) =>
    textsField(volume, 'options')
      .map(([name, value]) => `${name}=${value}`)
      .join(',') || none,
};

export function fieldText(volume: Json, name: FieldName): string {
  return texts[name](volume);
}

export function percentOf(volume: Json): number | undefined {
  return percentUsed(fillOf(field(volume, 'usage')));
}

function usedText(volume: Json): string {
  const usage = field(volume, 'usage');
  const { usedBytes } = fillOf(usage);
  if (usedBytes === undefined) return unknown;
  const of = textField(usage, 'of');
  const least = field(usage, 'isAtLeast') === true ? '>=' : '';
  return `${least}${shortSize(usedBytes)}${of === 'volume' ? '' : ` (${of})`}`;
}

function sizeText(volume: Json): string {
  const size = sizeOf(volume);
  if (size !== undefined) return shortSize(size);
  return field(volume, 'usage') === undefined ? unknown : none;
}

/** Bytes. A volume that was not measured yet has the size of its options, unless that is only a remark. */
export function sizeOf(volume: Json): number | undefined {
  const usage = field(volume, 'usage');
  if (usage !== undefined) return fillOf(usage).sizeBytes;
  const options = field(volume, 'options');
  const size = textField(options, 'size');
  return size === '' || textField(options, 'sizeMode') === 'advisory' ? undefined : parseSize(size);
}

const mostHolders = 2;

function forWhom(volume: Json): string {
  const ids = listField(volume, 'holders').map((holder) => shortId(textField(holder, 'id')));
  const more = ids.length - mostHolders;
  return `${ids.slice(0, mostHolders).join(', ')}${more > 0 ? ` and ${more} more` : ''}` || none;
}

/** Shortens IDs like engines do. */
function shortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
}
