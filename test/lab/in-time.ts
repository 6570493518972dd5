import { expect } from '@jest/globals';
import { withPatience } from '../../src/core/waits/patience.ts';

/**
 * The result of work in this process that must not take longer than the limit, in milliseconds. Time without a processor does
 * not count, so the limit also holds on a busy machine.
 */
export function inTime<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  return withPatience(milliseconds, async (over) => {
    try {
      return await work();
    } finally {
      expect({ milliseconds, isLate: over.aborted }).toMatchObject({ isLate: false });
    }
  });
}
