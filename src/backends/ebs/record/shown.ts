import { longestValue } from './tags-split.ts';

/** Characters of a snapshot's description; EC2 refuses a longer one. */
const longestDescription = 255;

/** What EC2's console shows as the name; nothing reads it. Two names of volumes and snapshots may be longer than a tag. */
export function shownName(text: string): string {
  return cut(text, longestValue);
}

export function shownDescription(text: string): string {
  return cut(text, longestDescription);
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}
