import * as z from 'zod/mini';

export const ruleSchema = z.strictObject(
  {
    match: z
      .string()
      .check(
        z.regex(
          /^[a-zA-Z0-9_.*?-]+$/,
          'must be a name with `*` for any characters and `?` for one, such as "db-*"',
        ),
      ),
    member: z.string(),
  },
  'must be a map of `match` and `member`, or a string such as "db-*=gold"',
);

/** What stands below `drivers.<name>` of a driver that is one name over several. */
export const jointSchema = z.strictObject({
  members: z
    .array(z.string())
    .check(
      z.minLength(1, 'names no driver: name those that this one stands for'),
      z.describe('Instead of `backend`: the drivers that this joint driver combines.'),
    ),
  rules: z
    .prefault(z.array(z.pipe(z.transform(ruleOfText), ruleSchema)), [])
    .check(
      z.describe(
        'With `members`: `{match, member}`, or `"match=member"`: volumes with a matching name are created in that member; the first matching rule applies.',
      ),
    ),
  default: z
    .optional(z.string())
    .check(
      z.describe('With `members`: the member for new volumes without `-o member=NAME` and a matching rule.'),
    ),
});

/** A variable of the environment is a list of strings. */
function ruleOfText(rule: unknown): unknown {
  const [, match, member] = (typeof rule === 'string' && /^([^=]*)=([^=]*)$/.exec(rule)) || [];
  return match === undefined ? rule : { match, member };
}
