import { expect } from '@jest/globals';
import { withPatience } from '../../src/core/waits/patience.ts';

/**
 * The result of work within this process that must not take longer, in milliseconds. A time in which the process got no
 * processor does not count, so the limit holds on a busy machine as well.
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
