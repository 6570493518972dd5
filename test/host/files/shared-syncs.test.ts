import { expect, test } from '@jest/globals';
import { shareTurns } from '../../../src/host/files/shared-syncs.ts';

function lab() {
  const ends: (() => void)[] = [];
  const fails: ((error: Error) => void)[] = [];
  const share = shareTurns();
  const sync = () =>
    new Promise<void>((resolve, reject) => {
      ends.push(resolve);
      fails.push(reject);
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { ask: (key = 'one') => share(key, sync), ends, fails, settled };
}

test('callers that come during a sync share the next one, because theirs is not in the running one', async () => {
  const { ask, ends, settled } = lab();
  const done: string[] = [];
  void ask().then(() => done.push('first'));
  for (const name of ['second', 'third']) void ask().then(() => done.push(name));
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await settled();
  expect(done).toEqual(['first']);
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await settled();
  expect(done).toEqual(['first', 'second', 'third']);
});

test('other directories do not wait', () => {
  const { ask, ends } = lab();
  void ask('one');
  void ask('two');
  expect(ends).toHaveLength(2);
});

test('a sync that fails fails for all that share it, and the next one is tried', async () => {
  const { ask, ends, fails, settled } = lab();
  const first = ask();
  const second = ask();
  fails[0]?.(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  await settled();
  ends[1]?.();
  await second;
});
