import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csiNameOf, volumeNameOf } from '../../src/core/csi-name.ts';
import { parseVolumeName } from '../../src/core/names.ts';

const csiName = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    fc
      .string({ minLength: 1, maxLength: 20 })
      .map((text) => `csi.${Buffer.from(text).toString('base64url')}`),
    fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}$/),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids them
  .filter((text) => !/[\u0000-\u001f\u007f-\u009f\ufffd]/.test(text) && Buffer.byteLength(text) <= 128);

describe('names of the Container Storage Interface', () => {
  test('a name that a volume may have stays as it is', () => {
    for (const name of ['pvc-3f2a', 'db', 'csi-data', 'csi.data', 'a'.repeat(128)])
      expect(volumeNameOf(name)).toBe(name);
  });

  test('any name becomes a volume name that leads back to it', () => {
    fc.assert(
      fc.property(csiName, (name) => {
        const volume = volumeNameOf(name);
        expect(parseVolumeName(volume)).toBe(volume);
        expect(csiNameOf(volume)).toBe(name);
      }),
    );
  });

  test('the name of any volume is the ID by which it is found', () => {
    const volumes = fc.stringMatching(/^(csi\.)?[a-zA-Z0-9][a-zA-Z0-9_.-]{0,60}$/).map(parseVolumeName);
    fc.assert(fc.property(volumes, (volume) => expect(volumeNameOf(csiNameOf(volume))).toBe(volume)));
  });

  test('the longest names fit, and longer ones are refused', () => {
    const longest = `${'✓'.repeat(42)}é`;
    expect(csiNameOf(volumeNameOf(longest))).toBe(longest);
    expect(() => volumeNameOf(`${longest}!`)).toThrow('129 bytes long: use at most 128');
  });

  test('a name that looks like an escaped one is escaped itself', () => {
    const escaped = volumeNameOf('a b');
    expect(escaped).toBe('csi.YSBi');
    expect(volumeNameOf('csi.YSBi')).not.toBe(escaped);
    expect(csiNameOf(volumeNameOf('csi.YSBi'))).toBe('csi.YSBi');
  });

  test.each(['', 'a\u0000', 'a\u001bb', 'a\u007f', 'a\ufffd'])('%j is refused', (name) => {
    expect(() => volumeNameOf(name)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
