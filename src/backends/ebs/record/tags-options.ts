import type { Options } from '../../../core/volume.ts';
import type { Parsed } from '../../shared/recorded/volume-record.ts';

/**
 * Options as the value of a tag: `fsType=ext4@size=10GiB`, readable for users. AWS recommends letters, digits, spaces and
 * `_ . : / = + - @`: any other character is written as `+` and the two hex digits of each of its UTF-8 bytes, and so
 * are the colon (no value may begin with `aws:`, and a long text is cut anywhere) and the space (which others may trim).
 */
export function writeOptions(options: Options): string {
  return Object.entries(options)
    .map(([name, value]) => `${encodeText(name)}=${encodeText(value)}`)
    .join('@');
}

/** The explicit options; only the name if the value is the effective one. */
export function writeGiven(given: Options, options: Options): string {
  return Object.entries(given)
    .map(([name, value]) =>
      options[name] === value ? encodeText(name) : `${encodeText(name)}=${encodeText(value)}`,
    )
    .join('@');
}

export function readOptions(text: Parsed<string>): Parsed<Options> {
  return readPairs(text, (name) => ({ reason: `${JSON.stringify(name)} has no value` }));
}

export function readGiven(text: Parsed<string>, options: Options): Parsed<Options> {
  return readPairs(text, (name) => {
    const value = Object.hasOwn(options, name) ? options[name] : undefined;
    return value === undefined ? { reason: `${JSON.stringify(name)} is not an option` } : { value };
  });
}

function readPairs(text: Parsed<string>, lone: (name: string) => Parsed<string>): Parsed<Options> {
  if ('reason' in text) return text;
  if (text.value === '') return { value: {} };
  const pairs = new Map<string, string>();
  for (const item of text.value.split('@')) {
    const [first = '', second, ...more] = item.split('=');
    const name = decodeText(first);
    if (name === undefined || more.length > 0) return { reason: `${JSON.stringify(item)} cannot be read` };
    const value = second === undefined ? lone(name) : orUnreadable(decodeText(second), item);
    if ('reason' in value) return value;
    if (pairs.has(name)) return { reason: `${JSON.stringify(name)} is there twice` };
    pairs.set(name, value.value);
  }
  return { value: Object.fromEntries(pairs) };
}

function orUnreadable(value: string | undefined, item: string): Parsed<string> {
  return value === undefined ? { reason: `${JSON.stringify(item)} cannot be read` } : { value };
}

function encodeText(text: string): string {
  return text.replace(/[^A-Za-z0-9_./-]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `+${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

/** Undefined for what `encodeText` never writes. */
function decodeText(text: string): string | undefined {
  if (!/^(?:[A-Za-z0-9_./-]|\+[0-9A-F]{2})*$/.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('+', '%'));
  } catch {
    return undefined;
  }
}
