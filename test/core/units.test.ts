import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDuration } from '../../src/core/durations.ts';
import { nearest } from '../../src/core/nearest.ts';
import { formatSize, parseSize } from '../../src/core/sizes.ts';

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

  test.each(['', '0', '-1', 'ten', '10 parsecs', '1e3', '0x10', '999999999999p', 'NaN', '10Gi b'])(
    '%s is refused',
    (text) => {
      expect(() => parseSize(text)).toThrow('is not a size: write it as 10GiB');
    },
  );

  test('what is printed is read back exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (bytes) => parseSize(formatSize(bytes)) === bytes,
      ),
    );
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
  ])('%s means %s', (typed, meant) => {
    expect(nearest(typed, ['size', 'fsType', 'settings', 'mode'])).toBe(meant);
  });

  test('nothing is guessed from afar', () => {
    expect(nearest('kubernetes', ['size', 'mode'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
    expect(nearest('nn', ['h1'])).toBeUndefined();
  });
});
