import { expect, test } from '@jest/globals';
import { returnFreeMemory } from '../../../src/host/native/free-memory.ts';
import { loadKoffi } from '../../../src/host/native/load-koffi.ts';

const [block, count] = [64 * 1024, 640];

/** Megabytes that stay in memory after this process got and freed 40 of them. */
async function kept(): Promise<number> {
  const library = (await loadKoffi()).load(null);
  const malloc = library.func('malloc', 'void *', ['size_t']);
  const memset = library.func('memset', 'void *', ['void *', 'int', 'size_t']);
  const free = library.func('free', 'void', ['void *']);
  // The largest block ever freed.
  free(malloc(31 * 1024 * 1024));
  const before = process.memoryUsage.rss();
  const blocks = Array.from({ length: count }, () => memset(malloc(block), 1, block));
  for (const each of blocks.reverse()) free(each);
  return (process.memoryUsage.rss() - before) / 2 ** 20;
}

test('memory that is freed goes back to the kernel', async () => {
  expect(await kept()).toBeGreaterThan(20);
  await returnFreeMemory();
  expect(await kept()).toBeLessThan(10);
});
