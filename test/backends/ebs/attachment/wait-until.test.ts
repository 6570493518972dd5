import { expect, test } from '@jest/globals';
import { waitUntil } from '../../../../src/backends/ebs/attachment/wait-until.ts';
import { fastClock } from '../disk/under-test.ts';

/** The times at which it checks for the result, which appears after `there` milliseconds. */
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

test('rule 15: without a hint, the first check is immediate, and the delays grow', async () => {
  expect(await looksUntil(5_000, {})).toEqual([0, 500, 1400, 3020, 5936]);
});
test('what has just begun is not checked before it can be complete', async () => {
  expect(await looksUntil(1_500, { notBefore: 1_000 })).toEqual([1000, 1500]);
});
test('a sign on this machine causes an immediate check', async () => {
  expect(await looksUntil(2_300, { notBefore: 1_000, signAt: 2_300 })).toEqual([1000, 2000, 2300]);
  expect(await looksUntil(300, { notBefore: 1_000, signAt: 300 })).toEqual([300]);
});
test('a sign causes only one extra check, because EC2 may lag behind it', async () => {
  expect(await looksUntil(2_500, { notBefore: 1_000, signAt: 1_500 })).toEqual([
    1000, 1500, 1800, 2340, 3312,
  ]);
});
