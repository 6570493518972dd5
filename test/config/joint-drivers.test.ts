import { describe, expect, test } from '@jest/globals';
import { configurationOf, loadText, problemsOf, usable } from './load.ts';

const members = `drivers:
  gold: { backend: local }
  shared: { backend: nfs, settings: { server: s } }
`;

describe('a driver with members', () => {
  test('has its members in order, with rules and a default', async () => {
    const { drivers, joints } = await configurationOf(
      `${members}  all:\n    members: [gold, shared]\n    rules:\n      - { match: "db-*", member: gold }\n      - web-?=shared\n    default: shared\n`,
    );
    expect([...drivers.keys()]).toEqual(['gold', 'shared']);
    expect([...joints]).toEqual([
      [
        'all',
        {
          members: ['gold', 'shared'],
          rules: [
            { match: 'db-*', member: 'gold' },
            { match: 'web-?', member: 'shared' },
          ],
          defaultMember: 'shared',
        },
      ],
    ]);
  });

  test('needs neither rules nor a default, and may stand before its members', async () => {
    const { joints } = await configurationOf(
      'drivers:\n  all: { members: [gold] }\n  gold: { backend: local }\n',
    );
    expect([...joints]).toEqual([['all', { members: ['gold'], rules: [] }]]);
  });

  test("can be set by environment variables, which replace the file's values", async () => {
    const { joints } = await configurationOf(`${members}  all: { members: [gold], default: gold }\n`, {
      HOLDFAST_DRIVERS_ALL_MEMBERS: 'gold, shared',
      HOLDFAST_DRIVERS_ALL_RULES: 'db-*=gold,web-?=shared',
      HOLDFAST_DRIVERS_ALL_DEFAULT: 'shared',
    });
    expect(Object.fromEntries(joints).all).toEqual({
      members: ['gold', 'shared'],
      rules: [
        { match: 'db-*', member: 'gold' },
        { match: 'web-?', member: 'shared' },
      ],
      defaultMember: 'shared',
    });
  });

  test('gets a warning for a name that Docker may take for an ID', async () => {
    const { warnings } = usable(await loadText(`${members}  cafe: { members: [gold] }\n`));
    expect(warnings).toMatchObject([{ key: 'drivers.cafe' }]);
  });
});

describe('its problems have their line and the way out', () => {
  test.each<[string, string, unknown[]]>([
    [
      'an unknown member',
      '  all: { members: [gold, shred] }\n',
      ['FILE:4:26: `drivers.all.members[1]`: there is no driver "shred"; did you mean `shared`?'],
    ],
    [
      'a member named like a property of every object',
      '  all: { members: [constructor] }\n',
      ['FILE:4:20: `drivers.all.members[0]`: there is no driver "constructor"; known: gold, shared'],
    ],
    [
      'a member with members',
      '  all: { members: [gold] }\n  more: { members: [all, shared] }\n',
      ['FILE:5:21: `drivers.more.members[0]`: the driver "all" has members itself: name those'],
    ],
    [
      'itself as a member',
      '  all: { members: [gold, all] }\n',
      ['FILE:4:26: `drivers.all.members[1]`: is this driver itself: name others'],
    ],
    [
      'a member twice',
      '  all: { members: [gold, shared, gold] }\n',
      ['FILE:4:34: `drivers.all.members[2]`: "gold" is listed twice: keep one'],
    ],
    [
      'no member',
      '  all: { members: [] }\n',
      ['FILE:4:10: `drivers.all.members`: names no driver: name those that this one stands for'],
    ],
    [
      'members that are not a list',
      '  all:\n    members:\n',
      ['FILE:5:5: `drivers.all.members`: must be a list, not empty'],
    ],
    ['rules without members', '  all: { rules: [] }\n', ['FILE:4:3: `drivers.all.members`: is missing']],
    [
      'members beside a backend',
      '  all: { backend: local, settings: { root: /all }, members: [gold], rules: [] }\n',
      [
        'FILE:4:52: `drivers.all.members`: cannot be combined with `backend`: a driver has one or the other',
        'FILE:4:69: `drivers.all.rules`: cannot be combined with `backend`: a driver has one or the other',
      ],
    ],
    [
      'settings of a backend',
      '  all: { members: [gold], defaults: {}, setings: {} }\n',
      [
        'FILE:4:27: unknown key `defaults` in `drivers.all`; did you mean `default`?',
        'FILE:4:41: unknown key `setings` in `drivers.all`; known: members, rules, default',
      ],
    ],
    [
      'mistyped members',
      '  all: { member: [gold] }\n',
      [
        'FILE:4:3: `drivers.all.backend`: is missing',
        'FILE:4:10: unknown key `member` in `drivers.all`; did you mean `members`?',
      ],
    ],
    [
      'a rule with a member that is not its own',
      '  all: { members: [gold], rules: [{ match: "*", member: shared }, "a*=god"] }\n',
      [
        'FILE:4:49: `drivers.all.rules[0].member`: "shared" is not among the members; known: gold',
        'FILE:4:67: `drivers.all.rules[1].member`: "god" is not among the members; did you mean `gold`?',
      ],
    ],
    [
      'a rule that is never reached',
      '  all: { members: [gold], rules: ["a*=gold", "a*=gold"] }\n',
      [
        'FILE:4:46: `drivers.all.rules[1].match`: the rule before it with the same `match` (rules[0]) always wins: keep one',
      ],
    ],
    [
      'rules in an invalid format',
      '  all:\n    members: [gold]\n    rules:\n      - { mach: "*", member: gold }\n      - { match: "a/b", member: gold }\n      - gold\n',
      [
        'FILE:7:9: `drivers.all.rules[0].match`: is missing',
        'FILE:7:11: unknown key `mach` in `drivers.all.rules[0]`; did you mean `match`?',
        'FILE:8:11: `drivers.all.rules[1].match`: must be a name with `*` for any characters and `?` for one, such as "db-*"',
        'FILE:9:9: `drivers.all.rules[2]`: must be a map of `match` and `member`, or a string such as "db-*=gold"',
      ],
    ],
    [
      'a default that is not a member',
      '  all: { members: [gold], default: shared }\n',
      ['FILE:4:27: `drivers.all.default`: "shared" is not among the members; known: gold'],
    ],
    [
      'a name Docker cannot look up',
      '  a/b: { members: [gold] }\n',
      [expect.stringContaining('FILE:4:3: The driver name "a/b" is not usable')],
    ],
    [
      'a name too long for its socket',
      `  ${'a'.repeat(90)}: { members: [gold] }\n`,
      [expect.stringContaining('use at most 103')],
    ],
  ])('%s', async (_, text, problems) => {
    expect(await problemsOf(members + text)).toEqual(problems);
  });

  test('even in a variable', async () => {
    const text = `${members}  all: { members: [gold, shared] }\n`;
    expect(await problemsOf(text, { HOLDFAST_DRIVERS_ALL_DEFAULT: 'god' })).toEqual([
      'environment variable HOLDFAST_DRIVERS_ALL_DEFAULT: `drivers.all.default`: "god" is not among the members; did you mean `gold`?',
    ]);
    expect(await problemsOf(text, { HOLDFAST_DRIVERS_ALL_RULES: 'db*:gold' })).toEqual([
      'environment variable HOLDFAST_DRIVERS_ALL_RULES: `drivers.all.rules[0]`: must be a map of `match` and `member`, or a string such as "db-*=gold"',
    ]);
    expect(await problemsOf(text, { HOLDFAST_DRIVERS_GOLD_MEMBERS: 'shared' })).toEqual([
      expect.stringContaining('`drivers.gold.members`: cannot be combined with `backend`'),
    ]);
  });
});
