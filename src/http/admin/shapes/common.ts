import * as z from 'zod';
import { consistencies } from '../../../core/protect/snapshot.ts';
import { errorCodes } from '../../../core/volume-error.ts';

/*
 * The answers of the admin API, which the `holdfast` command prints with `--json`. Fields are only ever added. Every answer is a JSON object;
 * an error has a status that is not 2xx. Times are in RFC 3339, UTC. Unknown fields are absent.
 */

export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();
export const count = z.number().int().nonnegative();
export const time = z.string().meta({ format: 'date-time' });
export const milliseconds = z.number();
export const options = z.record(z.string(), z.string()).readonly();

export const consistency = z
  .enum(consistencies)
  .describe(
    '`unmounted`: nobody could write; `frozen`: it was in use, and is as after a power cut, with all that was flushed; `paused`: only paused containers had it; `live`: others could write, so the files may be of different moments.',
  );

/** What is done in the containers that use a volume, around a copy. */
export const around = {
  pause: z.boolean().optional(),
  execBefore: z.string().min(1).optional(),
  execAfter: z.string().min(1).optional(),
  execIn: z.string().min(1).optional(),
  containerLabel: z.string().min(1).optional(),
};

export const error = z
  .object({ code: z.enum(errorCodes), message: z.string().describe('What happened, and the way out.') })
  .meta({ id: 'ErrorDetails' });
export const errorBody = z.object({ error }).meta({ id: 'Error' });

export const health = z
  .object({
    state: z.string().describe('`ok`, or a word for the problem.'),
    server: z.string(),
    detail: z.string(),
    checkedAt: time,
  })
  .meta({ id: 'Health', description: 'The storage server when it was last asked.' });

const fill = {
  usedBytes: z.number().exactOptional(),
  sizeBytes: z.number().exactOptional(),
  usedInodes: z.number().exactOptional(),
  inodes: z.number().exactOptional(),
};
export const usage = z
  .object({
    ...fill,
    of: z.enum(['volume', 'share', 'root']).describe('What the figures measure.'),
    isAtLeast: z.literal(true).exactOptional(),
    room: z
      .object({ ...fill, of: z.enum(['share', 'root']), place: z.string() })
      .exactOptional()
      .describe('The file system that the volume shares with others.'),
    measuredAt: time,
  })
  .meta({ id: 'Usage', description: 'How full it was when it was last measured.' });

export type ErrorAnswer = z.output<typeof errorBody>;
