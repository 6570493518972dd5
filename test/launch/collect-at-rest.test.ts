import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { collectAtRest } from '../../src/launch/collect-at-rest.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** How often garbage was collected after each look, with these parts of the time worked. */
function collections(parts: readonly number[]): readonly number[] {
  let count = 0;
  let at = 0;
  collectAtRest(
    () => {
      count += 1;
    },
    () => parts[at++] ?? 0,
    1000,
  );
  return parts.map(() => {
    jest.advanceTimersByTime(1000);
    return count;
  });
}

test('garbage is collected once when work has ended', () => {
  expect(collections([0.01, 0.6, 0.9, 0.02, 0.01, 0.01])).toEqual([0, 0, 0, 1, 1, 1]);
});

test('an idle daemon collects nothing, and a busy one leaves it to V8', () => {
  expect(collections([0.01, 0.02, 0.05])).toEqual([0, 0, 0]);
  expect(collections([0.5, 0.5, 0.5])).toEqual([0, 0, 0]);
});

test('it is collected by V8, which forgets the flag for it', () => {
  jest.useRealTimers();
  const parts = [1, 0];
  const weak = new WeakRef({ text: 'x'.repeat(100) });
  collectAtRest(undefined, () => parts.shift() ?? 0, 5);
  return new Promise<void>((resolve, reject) => {
    const began = performance.now();
    const look = setInterval(() => {
      if (weak.deref() === undefined) {
        clearInterval(look);
        expect(Object.hasOwn(globalThis, 'gc')).toBe(false);
        resolve();
      } else if (performance.now() - began > 20_000) reject(new Error('the object is still there'));
    }, 50);
  });
});
