import { describe, expect, test } from '@jest/globals';
import { afterPatience, withPatience } from '../../../src/core/waits/patience.ts';
import { eventually } from '../../lab/eventually.ts';

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Blocks the process, as if it got no processor time. */
function standStill(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until; );
}

describe('patience', () => {
  test('ends after its time, unless it was ended before', async () => {
    const over: string[] = [];
    afterPatience(100, () => over.push('one'));
    const end = afterPatience(100, () => over.push('two'));
    await later(50);
    expect(over).toEqual([]);
    end();
    await eventually('it is over', async () => over.length > 0);
    await later(150);
    expect(over).toEqual(['one']);
  });
  test('does not count a time in which this process stood still', async () => {
    let isOver = false;
    afterPatience(200, () => {
      isOver = true;
    });
    standStill(400);
    await later(50);
    expect(isOver).toBe(false);
    await eventually('it is over', async () => isOver);
  });
  test('aborts only the signal of its own work', async () => {
    expect(await withPatience(1000, async ({ aborted }) => aborted)).toBe(false);
    await withPatience(50, (signal) => eventually('it is aborted', async () => signal.aborted));
  });
});
