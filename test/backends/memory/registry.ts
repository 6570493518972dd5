import { backends } from '../../../src/backends/index.ts';
import type { BackendTable } from '../../../src/config/lay-environment.ts';

/** The registry with one more line, as `src/backends/index.ts` would have it. */
export const withMemory: BackendTable = {
  ...backends,
  memory: async () => (await import('./definition.ts')).memoryBackend,
};
