import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { loadKoffi } from '../../../src/host/native/load-koffi.ts';

test.each([
  ['beside Holdfast', createRequire(import.meta.url)],
  ['only where koffi finds it', createRequire('/')],
])("koffi's binary calls the C library, if it is %s", async (_, require) => {
  const koffi = await loadKoffi(require);
  const getpid = koffi.load(null).func('getpid', 'int', []);
  expect(getpid()).toBe(process.pid);
  expect(koffi.version).toBe((await import('koffi')).version);
});
