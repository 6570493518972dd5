import * as z from 'zod/mini';
import { parseDuration } from '../../../core/durations.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { removals } from '../removal-decisions.ts';

/** A string that a function of `core` parses; its VolumeError becomes the schema's message. */
export function understood<T>(parse: (text: string) => T): z.ZodMiniType<T, string> {
  return z.pipe(
    z.string(),
    z.transform((text: string, { issues }): T => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
        issues.push({ code: 'custom', message: error.message, input: text });
        return z.NEVER;
      }
    }),
  );
}

/** What happens to removed volumes; the same in every backend that keeps files. */
export const removalSettings = {
  onRemove: z
    ._default(z.enum(removals), 'trash')
    .check(
      z.describe(
        '`trash` hides the data and deletes it after `trashRetention`, `delete` deletes it at once, `retain` leaves it in place.',
      ),
    ),
  trashRetention: z
    .prefault(understood(parseDuration), '24h')
    .check(z.describe('How long removed volumes can be brought back, such as 24h or 7d.')),
};
