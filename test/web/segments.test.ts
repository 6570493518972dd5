import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commandsIn, segmentsOf } from '../../src/web/segments.ts';

test('a command is the text between backticks', () => {
  expect(segmentsOf('Mend it with `holdfast doctor`, or set `uid`.')).toEqual([
    { kind: 'words', text: 'Mend it with ' },
    { kind: 'code', text: 'holdfast doctor' },
    { kind: 'words', text: ', or set ' },
    { kind: 'code', text: 'uid' },
    { kind: 'words', text: '.' },
  ]);
  expect(commandsIn('Mend it with `holdfast doctor`, or set `uid`.')).toEqual(['holdfast doctor']);
});

test('nothing of a sentence is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '`') }), (text) => {
      const all = segmentsOf(text).map(({ kind, text: part }) => (kind === 'code' ? `\`${part}\`` : part));
      expect(all.join('')).toBe(text);
    }),
  );
});
