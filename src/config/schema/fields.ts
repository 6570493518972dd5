import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod/mini';
import { parseDuration } from '../../core/durations.ts';

export const absolutePath = z.pipe(
  z.string().check(
    z.refine(isAbsolute, 'must be an absolute path, beginning with "/"'),
    z.refine((path) => resolve(path) !== '/', 'must not be the root directory'),
    z.refine((path) => !/\p{Cc}/u.test(path), 'must not have a control character'),
  ),
  z.transform((path) => resolve(path)),
);

/** A directory or socket that the daemon makes. Making one below /proc would never end: see `makeDirectory`. */
export const ownPath = absolutePath.check(
  z.refine((path) => !/^\/proc(\/|$)/.test(path), 'must not be below /proc'),
);

/** Read to milliseconds. */
export const duration = z.pipe(
  z.string('must be a duration, such as 30s, 10m or 24h'),
  z.transform((text: string, { issues }) => {
    try {
      return parseDuration(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    }
  }),
);
