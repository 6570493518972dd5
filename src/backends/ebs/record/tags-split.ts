import type { Parsed } from '../../shared/recorded/volume-record.ts';
import type { Tags } from '../ec2/ec2.ts';

/** AWS's limit for a tag's value. */
export const longestValue = 256;

/** A string of any length in as many tags as it needs: `key`, or `key.1-3`, `key.2-3` and `key.3-3`. */
export function splitTag(key: string, text: string): Tags {
  if (text.length <= longestValue) return { [key]: text };
  const count = Math.ceil(text.length / longestValue);
  const parts = Array.from({ length: count }, (_, at) => [
    `${key}.${at + 1}-${count}`,
    text.slice(at * longestValue, (at + 1) * longestValue),
  ]);
  return Object.fromEntries(parts);
}

/** Their keys contain the number of parts, so a missing part, or one left over from another string, is noticed. */
export function joinTag(tags: Tags, key: string): Parsed<string> {
  const parts = Object.entries(tags).filter(([name]) => name.startsWith(`${key}.`));
  const whole = tags[key];
  if (whole !== undefined) {
    return parts.length === 0 ? { value: whole } : { reason: 'it is there both whole and in parts' };
  }
  if (parts.length === 0) return { reason: 'the tag is missing' };
  const byKey = new Map(parts);
  const expected = parts.map((_, at) => byKey.get(`${key}.${at + 1}-${parts.length}`));
  const isComplete = expected.every((part) => part !== undefined);
  return isComplete ? { value: expected.join('') } : { reason: 'its parts do not belong together' };
}
