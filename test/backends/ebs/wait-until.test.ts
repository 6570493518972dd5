import { expect, test } from '@jest/globals';
import { waitUntil } from '../../../src/backends/ebs/wait-until.ts';
import { fastClock } from './disk-under-test.ts';

/** The times at which it looks, when what it waits for is there after so many milliseconds; the sign comes a little before. */
async function looksUntil(there: number, wait: { readonly notBefore?: number; readonly signAt?: number }) {
  const { notBefore = 0, signAt } = wait;
  const clock = fastClock();
  const at: number[] = [];
  const sign = async () => signAt !== undefined && clock.now() >= signAt;
  await waitUntil(
    {
      clock,
      sentence: 'in vain',
      signal: AbortSignal.timeout(60_000),
      notBefore,
      ...(signAt === undefined ? {} : { sign }),
    },
    async () => {
      at.push(clock.now());
      return clock.now() >= there ? 'there' : undefined;
    },
  );
  return at.map(Math.round);
}

test('rule 15: without anything known of it, it is looked for at once, and ever more seldom', async () => {
  expect(await looksUntil(5_000, {})).toEqual([0, 500, 1400, 3020, 5936]);
});
test('what was begun just now is not looked for before it can be there', async () => {
  expect(await looksUntil(1_500, { notBefore: 1_000 })).toEqual([1000, 1500]);
});
test('a sign on this machine is a reason to look at once', async () => {
  expect(await looksUntil(2_300, { notBefore: 1_000, signAt: 2_300 })).toEqual([1000, 2000, 2300]);
  expect(await looksUntil(300, { notBefore: 1_000, signAt: 300 })).toEqual([300]);
});
test('EC2 may be behind the sign, which counts once', async () => {
  expect(await looksUntil(2_500, { notBefore: 1_000, signAt: 1_500 })).toEqual([
    1000, 1500, 1800, 2340, 3312,
  ]);
});
