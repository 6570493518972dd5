import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { completeOptions, readSources } from '../../../../src/backends/shared/options/complete-options.ts';
import { modeValue } from '../../../../src/backends/shared/options/mode-value.ts';
import { createOptionTable } from '../../../../src/backends/shared/options/table.ts';
import {
  flagValue,
  idValue,
  pathValue,
  sizeValue,
  wordValue,
} from '../../../../src/backends/shared/options/values.ts';
import { VolumeError } from '../../../../src/core/volume-error.ts';

const documented = { description: 'x', example: 'x' };
const table = createOptionTable([
  { name: 'size', aliases: ['capacity'], ...documented, normalise: sizeValue },
  { name: 'uid', aliases: [], ...documented, normalise: idValue },
  { name: 'readOnly', aliases: ['ro'], ...documented, normalise: flagValue },
]);
const read = (options: Readonly<Record<string, string>>) => table.read('Volume db', options);

describe('an option table', () => {
  test('resolves aliases in any case', () => {
    expect(read({ CAPACITY: '1g', Ro: '' })).toEqual({ size: '1GiB', readOnly: 'true' });
  });
  test('splits an `o` list, and ignores the timeout that Podman leaves in it', () => {
    expect(read({ o: 'size=1g,uid=5,,timeout=30, ro' })).toEqual({
      size: '1GiB',
      uid: '5',
      readOnly: 'true',
    });
    expect(read({ O: 'uid=5' })).toEqual({ uid: '5' });
    expect(read({ o: '' })).toEqual({});
  });
  test('accepts what Podman adds in capital letters', () => {
    expect(read({ o: 'size=1g,uid=5', SIZE: '1g', UID: '5' })).toEqual({ size: '1GiB', uid: '5' });
  });
  test('accepts an option twice with one meaning, and names both spellings if they differ', () => {
    expect(read({ size: '1g', capacity: '1024m' })).toEqual({ size: '1GiB' });
    expect(() => read({ size: '1g', capacity: '2g' })).toThrow(/"size" and "capacity".*"1GiB" and "2GiB"/);
    expect(() => read({ o: 'size=1g,size=2g' })).toThrow(/"size" and "size"/);
  });
  test('names the option of an invalid value', () => {
    expect(() => read({ CAPACITY: 'lots' })).toThrow(/Volume db, option CAPACITY: The size "lots"/);
    expect(() => read({ o: 'uid=root' })).toThrow(/option uid: "root" is not an ID/);
  });
  test('refuses `o` inside `o`, and `timeout` outside', () => {
    expect(() => read({ o: 'o=x' })).toThrow(/there is no option "o"/);
    expect(() => read({ timeout: '5' })).toThrow(/there is no option "timeout"/);
  });
  test('also counts the options of a list', () => {
    expect(() => read({ o: 'ro,'.repeat(65) })).toThrow(/65 options are too many/);
    expect(read({ o: 'ro,'.repeat(64) })).toEqual({ readOnly: 'true' });
  });
  test('documents everything that it accepts', () => {
    expect(table.specs.map((spec) => spec.name)).toEqual(['size', 'uid', 'readOnly', 'profile', 'o']);
  });
  test('for any input, throws only `invalid`, with a short message', () => {
    const names = fc.oneof(
      fc.constantFrom('size', 'SIZE', 'o', 'ro', 'profile', '__proto__', 'toString'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.dictionary(names, fc.string()), (written) => {
        try {
          const options = read(written);
          expect(read(options)).toEqual(options);
          for (const key of Object.keys(options))
            expect(['size', 'uid', 'readOnly', 'profile']).toContain(key);
        } catch (error) {
          if (!(error instanceof VolumeError)) throw error;
          expect(error.code).toBe('invalid');
          expect(error.message.length).toBeLessThan(500);
          expect(error.message).toMatch(/^Volume db/);
        }
      }),
    );
  });
});

describe('completed options', () => {
  const sources = readSources(
    table,
    { uid: '0', readOnly: 'false' },
    { UID: '1', size: '1g' },
    { big: { capacity: '9g' } },
  );
  const complete = (written: Readonly<Record<string, string>>) =>
    completeOptions(table, sources, 'Volume db', written);

  test('come from the given ones, then the profile, then the defaults, then the built-in ones', () => {
    expect(complete({}).options).toEqual({ uid: '1', readOnly: 'false', size: '1GiB' });
    expect(complete({ profile: 'big' }).options.size).toBe('9GiB');
    expect(complete({ profile: 'big', size: '2g' }).options).toEqual({
      uid: '1',
      readOnly: 'false',
      size: '2GiB',
    });
  });
  test('show where each one comes from', () => {
    expect(Object.fromEntries(complete({ profile: 'big', ro: '1' }).origin)).toEqual({
      size: 'profile',
      uid: 'defaults',
      readOnly: 'given',
    });
    expect(complete({}).origin.get('readOnly')).toBe('built-in');
  });
  test('accept the profile in an `o` list', () => {
    expect(complete({ o: 'profile=big' })).toMatchObject({
      given: { profile: 'big' },
      options: { size: '9GiB' },
    });
  });
  test.each(['__proto__', 'constructor', 'bi'])('refuse the unknown profile %p', (profile) => {
    expect(() => complete({ profile })).toThrow(/there is no profile.*"big"/);
  });
  test('refuse defaults and profiles that name a profile', () => {
    expect(() => readSources(table, {}, { profile: 'big' }, {})).toThrow(
      /defaults: "profile" is not allowed here/,
    );
    expect(() => readSources(table, {}, {}, { big: { o: 'profile=big' } })).toThrow(/profile "big"/);
  });
});

describe('option values', () => {
  test.each([
    [sizeValue, ['1g', '1GiB', '1024 mb', '1073741824'], '1GiB'],
    [idValue, ['7', '007'], '7'],
    [modeValue, ['755', '0755', '00755', '0o755'], '0755'],
    [modeValue, ['1777', '01777'], '1777'],
    [modeValue, ['0511', '0o511'], '0511'],
    [modeValue, ['01023', '0o1023'], '01023'],
    [modeValue, ['555'], '0555'],
    [modeValue, ['644'], '0644'],
    [flagValue, ['', '1', 'true', 'YES', 'on'], 'true'],
    [flagValue, ['0', 'False', 'no', 'off'], 'false'],
    [wordValue(['ext4', 'xfs']), ['XFS', 'xfs'], 'xfs'],
    [pathValue, ['/a/b', '//a/./b/', '/a//b'], '/a/b'],
  ])('%p reads %p as %p', (normalise, texts, value) => {
    for (const text of [...texts, value]) expect(normalise(text)).toBe(value);
  });
  test.each([
    [sizeValue, ['', '0', '-1', '1x', 'NaN', '1e3', '9'.repeat(40)]],
    [idValue, ['', '-1', '1.5', 'root', '0x1', '4294967295', '99999999999']],
    [modeValue, ['', '8', '-1', '77777', 'rwx', '0x1ff']],
    [flagValue, ['2', 'maybe', ' ']],
    [wordValue(['ext4', 'xfs']), ['', 'ext', 'ext4 ']],
    [pathValue, ['', '/', '//', '/.', 'a', './a', '/..', '/a/../b', '/a/..', '../a', '/a\0', '/a\nb']],
  ])('%p refuses %p', (normalise, texts) => {
    for (const text of texts)
      expect(() => normalise(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
  const modes = [
    '0777',
    '0775',
    '0770',
    '0755',
    '0750',
    '0711',
    '0700',
    '01777',
    '02775',
    '02770',
    '0664',
    '0644',
  ];
  test.each(modes)(
    'a mode %s that YAML parsed as a number is refused, and the error says how to write it',
    (mode) => {
      const decimal = `${Number.parseInt(mode, 8)}`;
      expect(() => modeValue(decimal)).toThrow(`write the mode in quotes, as "${mode.slice(-4)}"`);
      expect(modeValue(mode.slice(-4))).toBe(mode.slice(-4));
      expect(modeValue(`0o${mode.slice(1)}`)).toBe(mode.slice(-4));
    },
  );
  test.each([sizeValue, idValue, modeValue, flagValue, pathValue])('%p is idempotent', (normalise) => {
    const likely = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.nat(0o7777).map((mode) => mode.toString(8)),
      fc.tuple(fc.nat(9999), fc.constantFrom('', 'k', 'MiB', 'g')).map(([size, unit]) => `${size}${unit}`),
      fc.array(fc.string()).map((parts) => `/${parts.join('/')}`),
    );
    fc.assert(
      fc.property(likely, (text) => {
        const once = attempt(() => normalise(text));
        if (once !== undefined) expect(normalise(once)).toBe(once);
      }),
    );
  });
  test('never have `..` in a path', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b..', '...');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const path = attempt(() => pathValue(`/${parts.join('/')}`));
        if (parts.includes('..')) expect(path).toBeUndefined();
        else if (path !== undefined) expect(path).toMatch(/^(\/(a|b\.\.|\.\.\.))+$/);
      }),
    );
  });
});

function attempt(work: () => string): string | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
