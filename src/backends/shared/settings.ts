import { z } from 'zod';
import { parseDuration } from '../../core/durations.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { removals } from './removal.ts';

/** A string that a function of the core understands; its VolumeError becomes the schema's message. */
export function understood<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

/** What becomes of removed volumes, alike in every backend that keeps files. */
export const removalSettings = {
  onRemove: z
    .enum(removals)
    .default('trash')
    .describe(
      '`trash` hides the data and deletes it after `trashRetention`, `delete` deletes it at once, `retain` leaves it in place.',
    ),
  trashRetention: understood(parseDuration)
    .default(parseDuration('24h'))
    .describe('How long removed volumes can be brought back, such as 24h or 7d.'),
};

/** Throws `invalid`, naming the driver and each key that does not fit. */
export function parseSettings<S extends z.ZodObject>(
  schema: S,
  backend: string,
  driver: string,
  settings: Readonly<Record<string, unknown>>,
): z.infer<S> {
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => [...issue.path, issue.message].join(': '));
  throw new VolumeError(
    'invalid',
    `The settings of driver ${driver} do not fit its ${backend} backend: ${reasons.join('; ')}.`,
  );
}
