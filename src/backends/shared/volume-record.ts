import { z } from 'zod';
import { parseVolumeName, type VolumeName } from '../../core/names.ts';
import type { Volume } from '../../core/volume.ts';
import { wordsOf } from './storage-errors.ts';

const nameSchema = z.string().transform((text, context): VolumeName => {
  try {
    return parseVolumeName(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: wordsOf(error) });
    return z.NEVER;
  }
});

const optionsSchema = z.record(z.string(), z.string());

/** A volume as written in a record. Keys that a later Holdfast may add are let pass. */
export const volumeSchema = z.object({
  name: nameSchema,
  id: z.string().regex(/^[0-9a-f]{16}$/),
  options: optionsSchema,
  given: optionsSchema,
  createdAt: z.iso.datetime(),
}) satisfies z.ZodType<Volume>;

/** What a record says, or why it cannot be read, in words. */
export type Parsed<T> = { readonly value: T } | { readonly reason: string };

/** Reads the text of a record. Never throws: what to do about an unreadable one is the caller's to decide. */
export function parseRecord<T>(schema: z.ZodType<T>, text: string): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { reason: wordsOf(error) };
  }
  const result = schema.safeParse(json);
  return result.success
    ? { value: result.data }
    : { reason: result.error.issues.map(describeIssue).join('; ') };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
