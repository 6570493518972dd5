import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDuration } from '../../src/core/durations.ts';
import { nearest } from '../../src/core/nearest.ts';
import { formatSize, parseSize, shortSize } from '../../src/core/sizes.ts';
import { mistyped } from './mistyped.ts';

describe('sizes', () => {
  test.each([
    ['1', 1],
    ['512m', 512 * 1024 ** 2],
    ['10GiB', 10 * 1024 ** 3],
    ['10gb', 10 * 1024 ** 3],
    ['10G', 10 * 1024 ** 3],
    ['1.5g', 1.5 * 1024 ** 3],
    ['100 MiB', 100 * 1024 ** 2],
    ['42b', 42],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', '0', '-1', 'ten', '10 parsecs', '1e3', '0x10', '5,0', 'NaN', '10Gi b'])(
    '%s is refused',
    (text) => {
      expect(() => parseSize(text)).toThrow('is not a size: write it as 10GiB');
    },
  );

  test.each(['1000PiB', '8PiB', '999999999999p', '9'.repeat(400)])('%s is too large', (text) => {
    expect(() => parseSize(text)).toThrow('is too large: give less than 8PiB.');
  });

  test('a printed size is read back exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (bytes) => parseSize(formatSize(bytes)) === bytes,
      ),
    );
  });
});

describe('sizes for people', () => {
  test.each([
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1KiB'],
    [1536, '1.5KiB'],
    [10 * 1024 ** 2 - 1, '9.9MiB'],
    [999 * 1024 ** 3, '999GiB'],
    [1024 ** 4, '1TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(shortSize(bytes)).toBe(text);
  });
});

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '10', 'soon', '-5s', '5 years'])('%s is refused', (text) => {
    expect(() => parseDuration(text)).toThrow('is not a duration: write it as 30s');
  });
});

describe('the nearest word', () => {
  test.each([
    ['setings', 'settings'],
    ['Size', 'size'],
    ['fstyp', 'fsType'],
    ['FSTYPE', 'fsType'],
    ['meod', 'mode'],
  ])('%s means %s', (typed, meant) => {
    expect(nearest(typed, ['size', 'fsType', 'settings', 'mode'])).toBe(meant);
  });

  test('distant words are not guessed', () => {
    expect(nearest('kubernetes', ['size', 'mode'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
    expect(nearest('nn', ['h1'])).toBeUndefined();
  });

  test.each([
    ['rw', ['ro', 'size']],
    ['noatime', ['atime']],
    ['encrypted', ['unencrypted']],
    ['noencrypted', ['encrypted', 'size']],
    ['nlock', ['lock', 'nolock']],
    ['pid', ['uid', 'gid']],
    ['ssync', ['sync', 'async']],
  ])('%s is not taken for its opposite, nor for one of several: %p', (typed, candidates) => {
    expect(nearest(typed, candidates)).toBeUndefined();
  });

  test('a word is not guessed if two edits lead to several', () => {
    const words = ['lock', 'nolock', 'uid', 'gid', 'size', 'share', 'ro', 'readOnly', 'mode', 'cto', 'nocto'];
    fc.assert(
      fc.property(mistyped(fc.constantFrom(...words)), ({ meant, typed }) => {
        const guess = nearest(typed, words);
        if (guess !== undefined && typed !== guess) expect(guess).toBe(meant);
      }),
    );
  });
});
