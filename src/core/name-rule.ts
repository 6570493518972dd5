import type { DriverName } from './names.ts';

/** Volumes whose names match are made in this member of a joint driver. */
export interface NameRule {
  /** A name in which `*` stands for any characters, also none, and `?` for one. */
  readonly match: string;
  readonly member: DriverName;
}

/** The first rule that matches; the order is the configuration's. */
export function ruleFor(name: string, rules: readonly NameRule[]): NameRule | undefined {
  return rules.find(({ match }) => matchesPattern(name, match));
}

/** Steps back only to the last `*`, so the time is at most the product of both lengths. */
export function matchesPattern(text: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const sign = pattern[next];
    if (sign === '*') {
      star = next;
      resumeAt = at;
      next += 1;
    } else if (sign === '?' || sign === text[at]) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      resumeAt += 1;
      at = resumeAt;
      next = star + 1;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(next));
}
