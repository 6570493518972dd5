import { describe, expect, test } from '@jest/globals';
import type * as z from 'zod/mini';
import { explainIssue } from '../../src/config/explain-issue.ts';
import { configurationSchema } from '../../src/config/schema/daemon.ts';
import { driverSchema } from '../../src/config/schema/driver.ts';
import { jointSchema } from '../../src/config/schema/joint.ts';
import { schemaKeys } from '../../src/config/schema/keys.ts';
import { witnessSchema } from '../../src/config/schema/witnesses.ts';
import { settingPlace } from '../../src/config/setting-place.ts';
import { withMemory } from '../backends/memory/registry.ts';
import { problemsOf } from './load.ts';

const odd: readonly unknown[] = [
  ...[null, '', ' ', 'x', '/', 'no/path', '1e400', -1, 0, 1.5, 1e12, Number.NaN, true, false],
  ...[[], [null], [1], ['x', 'x'], [[]], {}, { a: 1 }, { '': '' }, { a: { b: 1 } }],
];

/** zod's own messages do not help the author of a configuration. */
function expectPlainWords(schema: z.ZodMiniObject): void {
  for (const { path } of schemaKeys(schema)) {
    for (const value of odd) {
      const tree = path.reduceRight<unknown>((below, key) => ({ [key]: below }), value);
      const { error } = schema.safeParse(tree, { error: explainIssue });
      for (const { message } of error?.issues ?? [])
        expect([path.join('.'), value, message]).not.toEqual([
          path.join('.'),
          value,
          expect.stringMatching(/Invalid|expected|received|Too (small|big)|undefined|\[object|^$/),
        ]);
    }
  }
}

describe("no key is refused in a library's words", () => {
  test.each(Object.keys(withMemory))('the settings of %s', async (name) => {
    const definition = await withMemory[name]?.();
    if (definition === undefined) throw new Error(`There is no backend ${name}.`);
    expectPlainWords(definition.settings);
  });
  test.each([
    ['the daemon', configurationSchema],
    ['a driver', driverSchema],
    ['a joint driver', jointSchema],
    ['a witness', witnessSchema()],
  ])('%s', (_, schema) => expectPlainWords(schema));
});

const drivers = (lines: string) => `drivers:\n  a1:\n    backend: nfs\n${lines}`;
const settings = '    settings: { server: x }\n';

test.each([
  [drivers('    server: nfs.example\n'), '`server` in `drivers.a1`; did you mean `settings.server`?'],
  [drivers(`${settings}    size: 1GiB\n`), '`size` in `drivers.a1`; did you mean `defaults.size`?'],
  [drivers('    settings: { server: x, size: 1GiB }\n'), 'did you mean `defaults.size`?'],
  [drivers('    settings: { server: x, profiles: {} }\n'), 'did you mean `profiles`?'],
  [drivers(`${settings}    defaults: { server: x }\n`), 'did you mean `settings.server`?'],
  [`server: x\n${drivers(settings)}`, 'unknown key `server`; did you mean `drivers.<name>.settings.server`?'],
  ['backend: nfs\n', 'unknown key `backend`; did you mean `drivers.<name>.backend`?'],
  ['level: debug\n', 'unknown key `level`; did you mean `log.level`?'],
  ['grace: 5m\n', 'unknown key `grace`; did you mean `reaper.grace`?'],
])('for a key on the wrong level, the error names the right one: %j', async (text, words) => {
  expect((await problemsOf(text)).join('\n')).toContain(words);
});

test.each([
  ['a driver', 'drivers: { local: { backend: local } }\n'],
  ['a joint driver', 'drivers: { a1: { backend: local }, local: { members: [a1] } }\n'],
])('%s must not be named local: engines use that name themselves', async (_, text) => {
  expect(await problemsOf(text)).toEqual([
    expect.stringMatching(/^FILE:1:.*"local" cannot be used: engines answer for it themselves/),
  ]);
});

test('an error names a setting by its key and file, or by its variable in a managed plugin', () => {
  const file = '/etc/my.yaml';
  expect(settingPlace({ file }, 'gold', 'allowedRoots')).toBe(
    '`allowedRoots` below `drivers.gold.settings` in /etc/my.yaml',
  );
  expect(settingPlace({}, 'gold', 'root')).toBe(
    '`root` below `drivers.gold.settings` in /etc/holdfast/config.yaml, which does not exist yet',
  );
  expect(settingPlace({ pluginSocket: '/run/x.sock' }, 'gold', 'allowedRoots')).toMatch(/ALLOWED_ROOTS/);
});
