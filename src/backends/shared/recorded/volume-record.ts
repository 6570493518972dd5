import * as z from 'zod/mini';
import { wordsOf } from '../../../core/error-words.ts';
import { parseVolumeName, type VolumeName } from '../../../core/names.ts';
import { once } from '../../../core/once.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Admit } from '../options/recorded-options.ts';

/** A volume as written in a record. Ignores keys that a later Holdfast may add. */
export const volumeSchema = once(() => {
  const options = z.record(z.string(), z.string());
  return z.object({
    name: z.pipe(z.string(), z.transform(readName)),
    id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
    options,
    given: options,
    createdAt: z.iso.datetime(),
    adoptedOn: z.optional(z.string().check(z.startsWith('/'))),
    project: z.optional(z.int().check(z.minimum(1), z.maximum(0xffff_fffe))),
  }) satisfies z.ZodMiniType<Volume>;
});

function readName(text: string, { issues }: z.core.ParsePayload): VolumeName {
  try {
    return parseVolumeName(text);
  } catch (error) {
    issues.push({ code: 'custom', message: wordsOf(error), input: text });
    return z.NEVER;
  }
}

/** The content of a record, or why it cannot be read, in words. */
export type Parsed<T> = { readonly value: T } | { readonly reason: string };

const english = once(() => z.locales.en().localeError);

/** Checks the JSON of a record. Never throws. */
export function parseRecord<T>(schema: z.ZodMiniType<T>, json: unknown): Parsed<T> {
  const result = schema.safeParse(json, { error: (issue) => english()(issue) });
  return result.success
    ? { value: result.data }
    : { reason: result.error.issues.map(describeIssue).join('; ') };
}

/** The record, if its volume passes the checks of a Create. */
export function admitted<R extends { readonly value: { readonly volume: Volume } }>(
  read: R | { readonly reason: string },
  admit: Admit,
): R | { readonly reason: string } {
  if ('reason' in read) return read;
  try {
    return { ...read, value: { ...read.value, volume: admit(read.value.volume) } };
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error;
    return { reason: error.message };
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
