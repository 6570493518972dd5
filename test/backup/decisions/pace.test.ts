import { describe, expect, test } from '@jest/globals';
import { createPace } from '../../../src/backup/steps/pace.ts';

describe('the pace of a description', () => {
  test('is 256 MiB before what restic has read, never less than before, and without a limit after its end', () => {
    const pace = createPace();
    const told: number[] = [];
    pace.onGrowth(() => told.push(pace.limit() - 2 ** 28));
    expect(pace.limit()).toBe(2 ** 28);
    // A second restic, after the first one was refused, begins again.
    for (const bytes of [0, 10, 30, 5, 30]) pace.follow(bytes);
    expect(told).toEqual([10, 30]);
    pace.end();
    pace.follow(2 ** 40);
    expect(told).toEqual([10, 30, Number.POSITIVE_INFINITY]);
  });
});
