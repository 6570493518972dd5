import { operatorWords } from '../core/operator-words.ts';
import { isSecretKey, redacted, redactText } from '../core/redact.ts';
import { VolumeError } from '../core/volume-error.ts';
import { withWaysOut } from '../core/way-out.ts';

export type Fields = Readonly<Record<string, unknown>>;

const longestText = 4096;
const deepest = 6;
/** Values of one event, including nested ones. Further values are left out. */
const mostValues = 500;

/**
 * The fields as plain JSON values: secrets redacted, cycles and deep nesting cut, long strings truncated. Never throws.
 * Errors become their message, code and cause; `stacks` adds stack traces.
 */
export function cleanFields(fields: Fields, stacks: 'with-stacks' | 'without-stacks'): Fields {
  const budget = { left: mostValues };
  const clean = (value: unknown, depth: number): unknown => {
    budget.left -= 1;
    if (budget.left < 0) return '[left out]';
    if (typeof value === 'string') return cleanText(value);
    if (typeof value !== 'object' || value === null) return cleanScalar(value);
    if (depth >= deepest) return '[too deep]';
    return cleanObject(value, (inner) => clean(inner, depth + 1), stacks);
  };
  try {
    return cleanEntries(Object.entries(fields), (value) => clean(value, 0));
  } catch {
    return { fields: '[unreadable]' };
  }
}

function cleanText(text: string): string {
  if (text.length <= longestText) return redactText(text);
  return `${redactText(text.slice(0, longestText))}... (${text.length} characters)`;
}

function cleanScalar(value: unknown): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return cleanText(String(value));
}

type Clean = (value: unknown) => unknown;

function cleanObject(value: object, clean: Clean, stacks: 'with-stacks' | 'without-stacks'): unknown {
  if (value instanceof Error) return cleanError(value, clean, stacks);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map)
    return cleanEntries(
      [...value].map(([key, item]) => [String(key), item]),
      clean,
    );
  if (Array.isArray(value) || value instanceof Set) return [...value].slice(0, mostValues).map(clean);
  return cleanEntries(Object.entries(value), clean);
}

function cleanError(error: Error, clean: Clean, stacks: 'with-stacks' | 'without-stacks'): unknown {
  const code = 'code' in error ? error.code : undefined;
  return {
    message: clean(error instanceof VolumeError ? withWaysOut(error, operatorWords) : error.message),
    ...(code === undefined ? {} : { code: clean(code) }),
    ...(error.cause === undefined ? {} : { cause: clean(error.cause) }),
    ...(stacks === 'with-stacks' ? { stack: clean(error.stack) } : {}),
  };
}

function cleanEntries(entries: readonly (readonly [string, unknown])[], clean: Clean): Fields {
  return Object.fromEntries(
    entries
      .slice(0, mostValues)
      .map(([key, value]) => [
        redactText(key),
        isSecretKey(key) && value !== undefined ? redacted : clean(value),
      ]),
  );
}
