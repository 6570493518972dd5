import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable } from '../../src/core/printable.ts';
import { printedJson, shown, shownJson, shownLines } from '../../src/core/shown.ts';

const text = fc.string({ unit: 'binary' });

test('JSON stays JSON; its strings stay the same for programs, and are plain for printers', () => {
  fc.assert(
    fc.property(text, (any) => {
      fc.pre(shown(any) === printable(any));
      const value = { list: [any, 1], map: { inside: any } };
      expect(JSON.parse(shownJson(value, 2))).toEqual(value);
      const plain = printable(any);
      expect(JSON.parse(printedJson(value))).toEqual({ list: [plain, 1], map: { inside: plain } });
    }),
  );
});

test('secrets and control characters are gone from all of them', () => {
  const value = {
    a: 'password: hunter2\u202e\u009b2J',
    token: 'hunter2',
    credentials: { user: ['hunter2'] },
  };
  for (const json of [shownJson(value), printedJson(value)]) {
    expect(json).not.toMatch(/hunter2|[\u202e\u009b]/);
    expect(JSON.parse(json).token).toBe('[redacted]');
  }
  expect(shown('token=hunter2\u001b[2J\n')).toBe('token=[redacted]\\n');
  expect(shownLines('a\nb\u009b')).toBe('a\nb\\u009b');
});
