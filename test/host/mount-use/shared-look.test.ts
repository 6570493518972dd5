import { describe, expect, test } from '@jest/globals';
import type { MountUses } from '../../../src/host/host.ts';
import { shareLooks } from '../../../src/host/mount-use/shared-look.ts';

/** Looks that end when the test says so, and a clock. */
function lab() {
  const clock = { now: 1000 };
  const begun: {
    readonly answer: () => void;
    readonly fail: (error: Error) => void;
    readonly uses: MountUses;
  }[] = [];
  const look = () =>
    new Promise<MountUses>((resolve, reject) => {
      const uses: MountUses = { complete: true, users: new Map(), ownMounts: new Map() };
      begun.push({ uses, answer: () => resolve(uses), fail: reject });
    });
  return { clock, begun, uses: shareLooks(look, () => clock.now) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('shared looks', () => {
  test('simultaneous callers share one', async () => {
    const { begun, uses } = lab();
    const callers = [uses('/r', 0), uses('/r', 0), uses('/r', 500)];
    await settle();
    expect(begun).toHaveLength(1);
    begun[0]?.answer();
    for (const answer of await Promise.all(callers)) expect(answer).toBe(begun[0]?.uses);
  });
  test('a request for a fresh one does not join an earlier one, but waits for its end', async () => {
    const { begun, uses } = lab();
    const first = uses('/r', 0);
    await settle();
    const second = uses('/r', 0);
    const third = uses('/r', 0);
    await settle();
    expect(begun).toHaveLength(1);
    begun[0]?.answer();
    await first;
    await settle();
    expect(begun).toHaveLength(2);
    begun[1]?.answer();
    expect(await second).toBe(begun[1]?.uses);
    expect(await third).toBe(begun[1]?.uses);
  });
  test('a recent one is reused, even while it is still running', async () => {
    const { begun, clock, uses } = lab();
    const first = uses('/r', 0);
    await settle();
    clock.now += 400;
    const joined = uses('/r', 500);
    begun[0]?.answer();
    expect(await joined).toBe(await first);
    clock.now += 100;
    expect(await uses('/r', 500)).toBe(await first);
    clock.now += 1;
    void uses('/r', 500);
    await settle();
    expect(begun).toHaveLength(2);
  });
  test('a failed one is an error for those who waited, and is not reused', async () => {
    const { begun, uses } = lab();
    const failed = uses('/r', 0);
    await settle();
    begun[0]?.fail(new Error('gone'));
    await expect(failed).rejects.toThrow('gone');
    const next = uses('/r', 10_000);
    await settle();
    begun[1]?.answer();
    expect(await next).toBe(begun[1]?.uses);
  });
  test('another root is another look', async () => {
    const { begun, uses } = lab();
    const one = uses('/one', 500);
    void uses('/two', 500);
    await settle();
    begun[0]?.answer();
    await one;
    await settle();
    expect(begun).toHaveLength(2);
  });
});
