import * as z from 'zod/mini';
import { consistencies } from '../../../core/protect/snapshot.ts';
import { errorCodes } from '../../../core/volume-error.ts';

/*
 * The answers of the admin API, which the `holdfast` command prints with `--json`. Fields are only ever added. Every answer is a JSON object;
 * an error has a status that is not 2xx. Times are in RFC 3339, UTC. Unknown fields are absent.
 */

export const list = <T extends z.ZodMiniType>(item: T) => z.readonly(z.array(item));
export const count = z.int().check(z.nonnegative());
export const time = z.string().register(z.globalRegistry, { format: 'date-time' });
export const milliseconds = z.number();
export const options = z.readonly(z.record(z.string(), z.string()));

export const consistency = z
  .enum(consistencies)
  .check(
    z.describe(
      '`unmounted`: nobody could write; `frozen`: it was in use, and is as after a power cut, with all that was flushed; `paused`: only paused containers had it; `live`: others could write, so the files may be of different moments.',
    ),
  );

/** What is done in the containers that use a volume, around a copy. */
export const around = {
  pause: z.optional(z.boolean()),
  execBefore: z.optional(z.string().check(z.minLength(1))),
  execAfter: z.optional(z.string().check(z.minLength(1))),
  execIn: z.optional(z.string().check(z.minLength(1))),
  containerLabel: z.optional(z.string().check(z.minLength(1))),
};

export const error = z
  .object({
    code: z.enum(errorCodes),
    message: z.string().check(z.describe('What happened, and the way out.')),
  })
  .register(z.globalRegistry, { id: 'ErrorDetails' });
export const errorBody = z.object({ error }).register(z.globalRegistry, { id: 'Error' });

export const health = z
  .object({
    state: z.string().check(z.describe('`ok`, or a word for the problem.')),
    server: z.string(),
    detail: z.string(),
    checkedAt: time,
  })
  .register(z.globalRegistry, { id: 'Health', description: 'The storage server when it was last asked.' });

const fill = {
  usedBytes: z.exactOptional(z.number()),
  sizeBytes: z.exactOptional(z.number()),
  usedInodes: z.exactOptional(z.number()),
  inodes: z.exactOptional(z.number()),
};
export const usage = z
  .object({
    ...fill,
    of: z.enum(['volume', 'share', 'root']).check(z.describe('What the figures measure.')),
    isAtLeast: z.exactOptional(z.literal(true)),
    room: z
      .exactOptional(z.object({ ...fill, of: z.enum(['share', 'root']), place: z.string() }))
      .check(z.describe('The file system that the volume shares with others.')),
    measuredAt: time,
  })
  .register(z.globalRegistry, { id: 'Usage', description: 'How full it was when it was last measured.' });

export type ErrorAnswer = z.output<typeof errorBody>;
