import { type Containers, nothingPrepared } from '../../src/core/protect/containers.ts';

/** A host without containers. */
export const noContainers: Containers = {
  prepare: async () => nothingPrepared,
  foresee: async () => ({ steps: [], paused: new Set() }),
};
