import type * as z from 'zod/mini';
import { type Places, type Problem, unknownKey, valueProblem } from './problem.ts';
import { schemaKeys } from './schema/keys.ts';
import type { KeyPath } from './tree.ts';

const typeWords: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What zod's complaints are called in a configuration. A schema's own messages come before these. */
export const explainIssue: z.core.$ZodErrorMap = (issue) => {
  const isMissing = issue.input === undefined;
  if (isMissing && issue.code !== 'custom' && issue.code !== 'invalid_value') return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeWords[issue.expected] ?? issue.expected}, not ${shown(issue.input)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}, ${isMissing ? 'and is missing' : `not ${shown(issue.input)}`}`;
    case 'too_small':
      return `must ${sizeWords(issue.origin)} at least ${issue.minimum}`;
    case 'too_big':
      return `must ${sizeWords(issue.origin)} at most ${issue.maximum}`;
    case 'invalid_format':
      return `must be ${formatWords[issue.format] ?? `of the form ${issue.format}`}, not ${shown(issue.input)}`;
    case 'invalid_union':
      return alternatives(issue);
    case 'custom':
      return undefined;
    default:
      return `cannot be ${shown(issue.input)}`;
  }
};

/** For a schema that reads one value in this process: zod would compile a function for it first. */
export const readOnce = { error: explainIssue, jitless: true };

const formatWords: Readonly<Record<string, string>> = { url: 'a URL', regex: 'written otherwise' };

/** A number is that large, a list or a string has that many items or characters. */
function sizeWords(origin: string): string {
  if (origin === 'array') return 'be a list whose length is';
  return origin === 'string' ? 'be a string whose length is' : 'be';
}

/** "must be true or false, or …": what each of them asks for. */
function alternatives({ errors, input }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const all = errors.flatMap(([first]) => (first === undefined ? [] : [first.message]));
  const wanted = all.map((message) => message.replace(/^must be /, '').replace(/, not .*$/s, ''));
  return wanted.length === 0
    ? `cannot be ${shown(input)}`
    : `must be ${[...new Set(wanted)].join(', or ')}, not ${shown(input)}`;
}

/** The issues of one schema, as problems of the configuration at `base`. */
export function issueProblems(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodMiniObject,
  places: Places,
  base: KeyPath,
  elsewhere: readonly string[] = [],
): readonly Problem[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
    if (issue.code !== 'unrecognized_keys') return [valueProblem(places, path, issue.message)];
    const known = keysAt(schema, issue.path.map(String));
    return issue.keys.map((key) => unknownKey(places, [...path, key], known, elsewhere));
  });
}

function keysAt(schema: z.ZodMiniObject, path: readonly string[]): readonly string[] {
  const below = schemaKeys(schema).filter((key) => path.every((part, index) => key.path[index] === part));
  const keys = below.map((key) => key.path[path.length]).filter((key) => key !== undefined);
  return [...new Set(keys)];
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 60))}`;
  return `the ${typeof value} ${String(value)}`;
}
