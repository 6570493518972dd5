import * as z from 'zod';
import { parseDuration } from '../../../core/durations.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { removals } from '../removal-decisions.ts';

/** A string that a function of `core` parses; its VolumeError becomes the schema's message. */
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

/** What happens to removed volumes; the same in every backend that keeps files. */
export const removalSettings = {
  onRemove: z
    .enum(removals)
    .default('trash')
    .describe(
      '`trash` hides the data and deletes it after `trashRetention`, `delete` deletes it at once, `retain` leaves it in place.',
    ),
  trashRetention: understood(parseDuration)
    .prefault('24h')
    .describe('How long removed volumes can be brought back, such as 24h or 7d.'),
};
