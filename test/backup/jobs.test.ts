import { describe, expect, test } from '@jest/globals';
import { createJobs } from '../../src/backup/jobs.ts';
import type { Reporter } from '../../src/backup/steps/each.ts';

const check = { do: 'check', repository: 'nas' } as const;
const one = { outcome: 'ok', message: 'one' } as const;

/** A task whose steps the test takes. */
function openTask() {
  let reporter: Reporter | undefined;
  let end: (error?: Error) => void = () => undefined;
  const jobs = createJobs(
    () => 'id',
    (_, its) =>
      new Promise((resolve, reject) => {
        reporter = its;
        end = (error) => (error === undefined ? resolve() : reject(error));
      }),
  );
  const isSettled = async (promise: Promise<unknown>) =>
    (await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])) !== 'waits';
  return {
    jobs,
    isSettled,
    begun: () => jobs.begin(check),
    tell: () => reporter?.result(one),
    say: () => reporter?.progress('half of it'),
    end: (error?: Error) => end(error),
  };
}

describe('news of a task', () => {
  test('are awaited until it has another result or is over, and no longer than asked for', async () => {
    const task = openTask();
    task.begun();
    const first = task.jobs.news('id', 0, 60_000);
    expect(await task.isSettled(first)).toBe(false);
    task.say();
    expect(await task.isSettled(first)).toBe(false);
    task.tell();
    expect(await first).toMatchObject({ state: 'running', results: [one] });
    expect(await task.jobs.news('id', 0, 60_000)).toMatchObject({ results: [one] });
    expect(await task.jobs.news('id', 1, 50)).toMatchObject({ state: 'running', results: [one] });
    const last = task.jobs.news('id', Number.POSITIVE_INFINITY, 60_000);
    expect(await task.isSettled(last)).toBe(false);
    task.end();
    expect(await last).toMatchObject({ state: 'done' });
    expect(await task.jobs.news('id', 1, 60_000)).toMatchObject({ state: 'done' });
  });
  test('come also when it fails, and at once if it is not known', async () => {
    const task = openTask();
    task.begun();
    const last = task.jobs.news('id', 0, 60_000);
    expect(await task.isSettled(last)).toBe(false);
    task.end(new Error('broken'));
    expect(await last).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('broken') },
    });
    expect(await task.jobs.news('other', 0, 60_000)).toBeUndefined();
  });
});
