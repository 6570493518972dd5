import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checksum } from '../../../src/core/checksum.ts';
import {
  decodeJournal as decodeTexts,
  encodeRecord,
  openJournal,
} from '../../../src/driver/state/journal.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';

const record = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean()),
);
/** As a state file does with what the journal gives it. */
function decodeJournal(text: string | undefined) {
  const contents = decodeTexts(text);
  if (contents.state !== 'read') return contents;
  return { ...contents, records: contents.records.map((record): unknown => JSON.parse(record)) };
}
const encode = (records: readonly unknown[]): string => records.map(encodeRecord).join('');

describe('a journal file', () => {
  test('returns what was written', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const plain = JSON.parse(JSON.stringify(records));
        expect(decodeJournal(encode(records))).toMatchObject({ state: 'read', records: plain, torn: false });
      }),
    );
  });

  test('that was truncated anywhere loses only its last records, and reports that', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (records, share) => {
          const text = encode(records);
          const contents = decodeJournal(text.slice(0, Math.floor(share * text.length)));
          if (contents.state !== 'read') throw new Error(`read as ${contents.state}`);
          const plain = JSON.parse(JSON.stringify(records));
          expect(contents.records).toEqual(plain.slice(0, contents.records.length));
          const whole = encode(records.slice(0, contents.records.length)).length;
          expect(contents.torn).toBe(Math.floor(share * text.length) !== whole);
        },
      ),
    );
  });

  test('with a changed character is unreadable, or incomplete at its end, and never read as something else', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 2 }),
        fc.nat(),
        fc.constantFrom('x', '\n', '\0', '7', ' '),
        (records, at, char) => {
          const text = encode(records);
          const index = at % text.length;
          fc.pre(text[index] !== char);
          const contents = decodeJournal(text.slice(0, index) + char + text.slice(index + 1));
          const plain = JSON.parse(JSON.stringify(records));
          if (contents.state === 'read') {
            expect(contents.torn).toBe(true);
            expect(contents.records).toEqual(plain.slice(0, -1));
          } else expect(contents.state).toBe('unreadable');
        },
      ),
    );
  });

  test.each(['garbage\n', '\n', '00000000 {}\n', `${'\0'.repeat(64)}\n`, 'short\n'])(
    '%j is unreadable',
    (text) => {
      expect(decodeJournal(text)).toMatchObject({ state: 'unreadable', line: 1 });
    },
  );

  test('that is empty has no records, and differs from an absent one', () => {
    expect(decodeJournal('')).toEqual({ state: 'read', records: [], torn: false, before: '' });
    expect(decodeJournal(undefined)).toEqual({ state: 'absent' });
  });
});

describe('a journal that grows', () => {
  async function grow(failing: boolean) {
    const host = createFakeHost();
    const state = { value: 0 };
    const files = failing
      ? {
          ...host.files,
          writeText: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
        }
      : host.files;
    const journal = await openJournal({
      files,
      path: '/journal',
      length: 0,
      sum: '',
      snapshot: () => [{ value: state.value }],
      size: () => 1,
    });
    for (let i = 1; i <= 5000; i += 1) {
      state.value = i;
      await journal.append([{ value: i }]);
    }
    await journal.seal({ kind: 'end' });
    await journal.close();
    return decodeJournal(await host.files.readText('/journal'));
  }

  test('is replaced by its snapshot, and loses nothing', async () => {
    const contents = await grow(false);
    if (contents.state !== 'read') throw new Error(contents.state);
    expect(contents.records.at(-2)).toEqual({ value: 5000 });
    expect(contents.records.at(-1)).toEqual({ kind: 'end', sum: checksum(contents.before) });
    expect(contents.records.length).toBeLessThan(3000);
  });

  test('stays in use if it cannot be replaced', async () => {
    const contents = await grow(true);
    if (contents.state !== 'read') throw new Error(contents.state);
    expect(contents.records).toHaveLength(5001);
    expect(contents.records.at(-1)).toEqual({ kind: 'end', sum: checksum(contents.before) });
  });
});
