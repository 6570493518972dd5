import * as z from 'zod/mini';
import { csiSchema } from './csi.ts';

const optionValue = z.union(
  [z.string(), z.number(), z.boolean()],
  'must be a string, a number, or true or false',
);
const options = z.record(z.string(), optionValue);

/** What stands below `drivers.<name>` of a driver with storage of its own; the backend checks settings and options. */
export const driverSchema = z.strictObject({
  backend: z
    .string()
    .check(
      z.minLength(1, 'is empty'),
      z.describe('The kind of storage. Every driver has this, or `members`.'),
    ),
  settings: z
    .prefault(z.record(z.string(), z.unknown()), {})
    .check(z.describe('How the storage is reached: see the page of the backend.')),
  defaults: z.prefault(options, {}).check(z.describe('Default options for new volumes.')),
  profiles: z
    .prefault(z.record(z.string(), options), {})
    .check(z.describe('Named sets of options, chosen with `-o profile=NAME`; they override `defaults`.')),
  csi: z.optional(csiSchema),
});
