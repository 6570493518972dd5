import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { runInThisContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { VolumeError } from '../../../src/core/volume-error.ts';

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}

const ofNode: readonly (readonly [string, () => unknown])[] = [
  ['a call', () => readFileSync('/nonexistent')],
  ['a promise', () => readFile('/nonexistent')],
  [
    'a socket',
    () =>
      new Promise((_, reject) => {
        connect('/nonexistent').on('error', reject);
      }),
  ],
  ['a signal', () => AbortSignal.abort().throwIfAborted()],
];

test.each(ofNode)('an error from %s of Node is an Error, but not an error of ours', async (_, work) => {
  const thrown = await thrownBy(work);
  expect(thrown instanceof Error).toBe(true);
  expect(thrown instanceof VolumeError).toBe(false);
  expect(thrown instanceof RangeError).toBe(false);
});

test('language errors here and in Node are instances of their classes', async () => {
  expect((await thrownBy(() => JSON.parse('{'))) instanceof SyntaxError).toBe(true);
  const parse: unknown = runInThisContext('JSON.parse');
  const theirs = await thrownBy(() => (typeof parse === 'function' ? parse('{') : undefined));
  expect([theirs instanceof SyntaxError, theirs instanceof Error, theirs instanceof TypeError]).toEqual([
    true,
    true,
    false,
  ]);
  expect(new VolumeError('failed', 'x') instanceof Error).toBe(true);
  expect(Object.create(null) instanceof Error).toBe(false);
});
