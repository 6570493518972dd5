import type { z } from 'zod';
import { type Places, type Problem, unknownKey, valueProblem } from './problem.ts';
import { schemaKeys } from './schema-keys.ts';
import type { KeyPath } from './tree.ts';

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What zod's complaints are called in a configuration. A schema's own messages come before these. */
export const explainIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${typeWords[issue.expected] ?? issue.expected}, not ${shown(issue.input)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}, not ${shown(issue.input)}`;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at least ${issue.minimum}`
        : undefined;
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at most ${issue.maximum}`
        : undefined;
    default:
      return undefined;
  }
};

/** The issues of one schema, as problems of the configuration at `base`. */
export function issueProblems(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodObject,
  places: Places,
  base: KeyPath,
): readonly Problem[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
    if (issue.code !== 'unrecognized_keys') return [valueProblem(places, path, issue.message)];
    const known = keysAt(schema, issue.path.map(String));
    return issue.keys.map((key) => unknownKey(places, [...path, key], known));
  });
}

function keysAt(schema: z.ZodObject, path: readonly string[]): readonly string[] {
  const below = schemaKeys(schema).filter((key) => path.every((part, index) => key.path[index] === part));
  const keys = below.map((key) => key.path[path.length]).filter((key) => key !== undefined);
  return [...new Set(keys)];
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 60))}`;
  return `the ${typeof value} ${String(value)}`;
}
