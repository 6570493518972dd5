import { backends } from '../../../src/backends/index.ts';
import type { BackendTable } from '../../../src/config/lay-environment.ts';

/** The registry with the line that a fifth backend would add to `src/backends/index.ts`. */
export const withMemory: BackendTable = {
  ...backends,
  memory: async () => (await import('./definition.ts')).memoryBackend,
};
