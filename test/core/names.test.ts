import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noMountId, parseMountId, parseVolumeName, quote } from '../../src/core/names.ts';
import { VolumeError } from '../../src/core/volume-error.ts';

describe('volume names', () => {
  test.each(['a', 'db', 'project_data', 'A.b-c_9', '0', 'x'.repeat(200)])('%s is accepted', (name) => {
    expect(parseVolumeName(name)).toBe(name);
  });

  test.each([
    ['empty', ''],
    ['parent', '..'],
    ['climbing', '../x'],
    ['with a slash', 'a/b'],
    ['REX-Ray style', 'v@ds'],
    ['hidden', '.x'],
    ['an option', '-rf'],
    ['NUL', 'a\0b'],
    ['newline', 'a\n'],
    ['blank', 'a b'],
    ['300 characters', 'x'.repeat(300)],
    ['Cyrillic look-alike', 'dаta'],
    ['right-to-left override', 'a\u202eb'],
    ['full-width dot', '．．'],
    ['combining', 'e\u0301'],
  ])('%s is refused, and the error has the rule', (_, name) => {
    expect(() => parseVolumeName(name)).toThrow(VolumeError);
    expect(() => parseVolumeName(name)).toThrow(/empty|use letters|use at most/);
  });

  test.each([undefined, null, 7, {}, []])('%p is not a valid name', (value) => {
    expect(() => parseVolumeName(value)).toThrow('must be a string');
  });

  test('every accepted name is one safe path segment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          const name = parseVolumeName(text);
          return (
            name === text &&
            !/[/\0]/.test(name) &&
            name !== '.' &&
            name !== '..' &&
            Buffer.byteLength(name) <= 200
          );
        } catch (error) {
          return error instanceof VolumeError && error.code === 'invalid' && error.message.length < 300;
        }
      }),
    );
  });
});

describe('mount IDs', () => {
  test.each([undefined, null, ''])('%p stands for a caller without IDs', (value) => {
    expect(parseMountId(value)).toBe(noMountId);
  });

  test('an ID may be any string', () => {
    expect(parseMountId('2f73349c')).toBe('2f73349c');
  });

  test.each([7, {}, 'a b', 'a\0', 'x'.repeat(257)])('%p is refused', (value) => {
    expect(() => parseMountId(value)).toThrow(VolumeError);
  });
});

describe('a quoted string of a caller', () => {
  test('is short and printable for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const shown = quote(text);
        return /^[\x20-\x7e]*$/.test(shown) && shown.length <= 60 * 6 + 2;
      }),
    );
  });
});
