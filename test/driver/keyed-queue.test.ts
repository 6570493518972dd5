import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { within, withSignal } from '../../src/driver/deadline.ts';
import { createKeyedQueue } from '../../src/driver/keyed-queue.ts';

describe('a keyed queue', () => {
  test('runs the tasks of a key one after the other, in order, and those of other keys at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), fails: fc.boolean() })),
        async (tasks) => {
          const queue = createKeyedQueue();
          const running = new Map<string, number>();
          const order: number[] = [];
          const work = tasks.map(({ key, fails }, index) =>
            queue.run(key, async () => {
              running.set(key, (running.get(key) ?? 0) + 1);
              expect(running.get(key)).toBe(1);
              order.push(index);
              await Promise.resolve();
              running.set(key, 0);
              if (fails) throw new Error('failed');
            }),
          );
          await Promise.allSettled(work);
          for (const key of ['a', 'b', 'c']) {
            const mine = order.filter((index) => tasks[index]?.key === key);
            expect(mine).toEqual([...mine].sort((x, y) => x - y));
          }
          expect(order).toHaveLength(tasks.length);
        },
      ),
    );
  });

  test('is idle once all tasks are done', async () => {
    const queue = createKeyedQueue();
    let done = false;
    void queue.run('a', async () => {
      await sleep(20);
      done = true;
    });
    await queue.idle();
    expect(done).toBe(true);
  });
});

describe('a deadline', () => {
  test('ends the wait, not the work', async () => {
    let finished = false;
    const work = sleep(30).then(() => {
      finished = true;
    });
    await expect(within(work, 5, 'Still at it.')).rejects.toMatchObject({
      code: 'timeout',
      message: 'Still at it.',
    });
    await work;
    expect(finished).toBe(true);
  });

  test('aborts work that takes a signal', async () => {
    const aborted = withSignal(
      5,
      (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    await expect(Promise.race([aborted, sleep(1000, undefined, { ref: false })])).rejects.toThrow('aborted');
  });
});
