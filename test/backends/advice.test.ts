import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BackendDefinition } from '../../src/backends/definition.ts';
import { parseSize } from '../../src/core/sizes.ts';
import type { Options } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { mistyped } from '../core/mistyped.ts';
import { withMemory } from './memory/registry.ts';

const spellingsOf = ({ options }: BackendDefinition) =>
  options.flatMap(({ name, aliases, example }) =>
    [name, ...aliases].map((spelling) => ({
      spelling,
      name,
      value: example.slice(example.indexOf('=') + 1),
    })),
  );

/** The objection to the options; undefined if they are accepted. */
function refusal(definition: BackendDefinition, options: Options): string | undefined {
  try {
    definition.checkOptions(options);
    return undefined;
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error;
    return error.message;
  }
}

/** Values that look like sizes, valid or not. */
const sizes = [
  '5',
  '5.0',
  '20.5',
  '0.5',
  '5 GB',
  '5g',
  '5GiB',
  '512m',
  '1.5GiB',
  '1000PiB',
  '5,0',
  '5 parsecs',
  '-1',
];
const flags = ['true', 'false', '1', '0', 'yes', 'no', 'on', 'off', '', 'TRUE', 'y', 'maybe', '2'];
const modes = ['0777', '0o755', '755', '511', '493', '488', '448', '0x1ff', 'rwx', '8', '1023', '1777'];
const values = [...sizes, ...flags, ...modes, '5,0', 'none', 'nfs', '-1', 'root', ' ', '*', '/', '..'];

describe.each(Object.keys(withMemory))('advice on an option of %s', (backend) => {
  const load = async (): Promise<BackendDefinition> => {
    const definition = await withMemory[backend]?.();
    if (definition === undefined) throw new Error(`There is no backend ${backend}.`);
    return definition;
  };

  test('with a mistyped name suggests the intended option, or none', async () => {
    const definition = await load();
    const spellings = spellingsOf(definition);
    const taken = new Set(spellings.map(({ spelling }) => spelling.toLowerCase()));
    fc.assert(
      fc.property(
        mistyped(fc.constantFrom(...spellings.map(({ spelling }) => spelling))),
        ({ meant, typed }) => {
          fc.pre(typed !== '' && !taken.has(typed.toLowerCase()));
          const { value = '', name } = spellings.find(({ spelling }) => spelling === meant) ?? {};
          const said = refusal(definition, { [typed]: value });
          const advised = /Did you mean "([^"]*)"/.exec(said ?? '')?.[1];
          if (advised === undefined) return;
          expect(spellings.find(({ spelling }) => spelling === advised)?.name).toBe(name);
          expect(refusal(definition, { [advised]: value })).toBe(refusal(definition, { [meant]: value }));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('with an invalid value suggests a value with the same meaning, or none', async () => {
    const definition = await load();
    for (const { spelling } of spellingsOf(definition)) {
      for (const value of values) {
        const said = refusal(definition, { [spelling]: value }) ?? '';
        for (const advised of advisedValues(said)) {
          expect([said, refusal(definition, { [spelling]: advised })]).toEqual([said, undefined]);
          expect([said, isMeant(value, advised)]).toEqual([said, true]);
        }
        expect(said).not.toMatch(/Invalid input/);
      }
    }
  });

  test.each([
    ...['rw', 'noreadOnly', 'noro', 'nosize', 'unencrypted', 'noencrypted', 'type=none', 'type=gp4', 'fsc'],
    ...['bind', 'rbind', 'nocreate', 'device=/d', 'addr=192.0.2.7', 'driver=ebs', 'vid', 'no', 'r', 'w'],
    ...[
      'size.max=5',
      'volumeName=x',
      'exec',
      'atime',
      'nolock',
      'soft',
      'noatime',
      'sync',
      'tmpfs',
      'user=1000',
    ],
  ])('with %s, as in other programs, does not suggest an unrelated option', async (word) => {
    const definition = await load();
    const [name = '', value = ''] = word.split('=');
    for (const written of [{ [name]: value }, { o: word }]) {
      const said = refusal(definition, written) ?? '';
      expect(said).not.toMatch(/Did you mean/);
      const [, list, words] = /write (\w+)=(\S+) instead/.exec(said) ?? [];
      if (list === undefined) continue;
      expect(words).toBe(word);
      expect(refusal(definition, { [list]: word })).toBeUndefined();
    }
  });

  test('mount options that are defaults are accepted, and have no effect', async () => {
    const definition = await load();
    expect(
      refusal(definition, { o: 'rw,defaults,auto,nouser,async,relatime,suid,dev,exec' }),
    ).toBeUndefined();
    expect(refusal(definition, { o: 'rw', ro: 'true' })).toMatch(/"ro" and "rw"|"rw" and "ro"/);
    expect(refusal(definition, { o: 'rw', ro: 'false' })).toBeUndefined();
  });

  test('one error says where each mount option of a list belongs', async () => {
    const definition = await load();
    const said = refusal(definition, { o: 'noatime,acl,nodev,rw' }) ?? '';
    if (!definition.options.some(({ name }) => name === 'mountOptions'))
      expect(said).toMatch(/there is no option "noatime"\. The options are/);
    else expect(said).toContain('write mountOptions=noatime,acl instead');
  });
});

/** The value that a message tells the reader to write; examples do not count. */
function advisedValues(said: string): readonly string[] {
  return [
    ...Array.from(said.matchAll(/: write ([^\s".,]+)\.$/g), ([, value = '']) => value),
    ...Array.from(said.matchAll(/\bas "(\d+)"/g), ([, value = '']) => value),
  ];
}

/** The right advice: for a size, the next whole GiB; for a mode, the asked digits read as decimal or as octal. */
function isMeant(asked: string, advised: string): boolean {
  if (/^\d+$/.test(advised))
    return [Number(asked), Number.parseInt(asked, 8)].includes(Number.parseInt(advised, 8));
  const gib = parseSize(asked, 'GiB') / 1024 ** 3;
  return parseSize(advised) / 1024 ** 3 === Math.ceil(gib);
}

test.each([
  ['5.0', '5GiB'],
  ['5', '5GiB'],
  ['5 GB', '5GiB'],
  ['2048m', '2GiB'],
])('size %s of an EBS volume is %s', async (size, meant) => {
  const { ebsOptions } = await import('../../src/backends/ebs/options/options.ts');
  expect(ebsOptions.read('Volume db', { size })).toEqual({ size: meant });
});

test('for a fraction of a GiB, the next whole number is suggested', async () => {
  const { ebsOptions } = await import('../../src/backends/ebs/options/options.ts');
  expect(() => ebsOptions.read('Volume db', { size: '20.5' })).toThrow('write 21GiB.');
  expect(() => ebsOptions.read('Volume db', { size: '5 parsecs' })).toThrow('512MiB or a number of GiB.');
});
