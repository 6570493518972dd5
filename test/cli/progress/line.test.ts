import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { progressLine, progressSentence } from '../../../src/cli/progress/line.ts';

const copying = {
  volume: 'db',
  work: { what: 'copy', done: { bytes: 512 << 20 }, total: { bytes: 1 << 30 } },
  seconds: 12.3,
};
const deleting = {
  volume: 'db',
  work: { what: 'delete', done: { entries: 1234 }, total: { entries: 5000 } },
  seconds: 75,
};

describe('a line of progress', () => {
  test.each([
    [200, 'Copying db [####################....................] 50%  512MiB of 1GiB  12 s'],
    [70, 'Copying db [###############................] 50%  512MiB of 1GiB  12 s'],
    [50, 'Copying db [#####......] 50%  512MiB of 1GiB  12 s'],
    [46, 'Copying db  50%  512MiB of 1GiB  12 s'],
    [24, 'Copying db  50%  12 s'],
    [16, 'Copying db  50%'],
    [10, 'Copying db'],
    [4, 'Copy'],
    [0, ''],
  ])('on %d columns has what fits', (columns, line) => {
    expect(progressLine(copying, columns)).toBe(line);
  });

  test('counts files where there are no bytes, and waits where nothing is known', () => {
    expect(progressLine(deleting, 80)).toMatch(
      /^Deleting db \[#{7}\.{23}\] 24% {2}1234 of 5000 files {2}1 min 15 s$/,
    );
    expect(progressLine({ volume: 'db', work: { what: 'format' }, seconds: 3 }, 80)).toBe(
      'Formatting db  3 s',
    );
    expect(progressLine({ volume: 'db', work: undefined, seconds: 3 }, 80)).toBe('Waiting for db  3 s');
    expect(
      progressLine({ volume: 'db', work: { what: 'delete', done: { entries: 1 } }, seconds: 3 }, 80),
    ).toBe('Deleting db  1 file  3 s');
  });

  test('shows no share of a total that is out of date', () => {
    const work = { what: 'delete', done: { entries: 9 }, total: { entries: 5 } };
    expect(progressLine({ volume: 'db', work, seconds: 3 }, 80)).toBe('Deleting db  9 files  3 s');
  });

  test('is never longer than the terminal, nor has control characters, whatever the daemon says', () => {
    const amount = fc.option(fc.record({ bytes: fc.nat(), entries: fc.nat() }, { requiredKeys: [] }), {
      nil: undefined,
    });
    const work = fc.oneof(fc.record({ what: fc.string(), done: amount, total: amount }), fc.anything());
    const volume = fc.stringMatching(/^[a-zA-Z0-9][\w.-]{0,200}$/);
    fc.assert(
      fc.property(volume, work, fc.nat(1e6), fc.nat(300), (name, one, seconds, columns) => {
        const told = { volume: name, work: one, seconds };
        expect(progressLine(told, columns).length).toBeLessThanOrEqual(columns);
        expect(progressLine(told, columns) + progressSentence(told)).not.toMatch(/[^ -~]/);
      }),
    );
  });

  test('is a sentence for a log', () => {
    expect(progressSentence(copying)).toBe('Copying db, 50%, 512MiB of 1GiB, 12 s.');
    expect(progressSentence({ volume: 'db', work: undefined, seconds: 60 })).toBe(
      'Waiting for db, 1 min 0 s.',
    );
  });
});
