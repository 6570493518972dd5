import { describe } from '@jest/globals';
import { createFakeHost, createFakeState } from '../fakes/fake-host.ts';
import { describeCrashes } from './crash-suite.ts';

describe('a daemon that dies on a machine in memory', () => {
  describeCrashes(async () => {
    const state = createFakeState();
    const host = createFakeHost(state);
    const cleanUp = async (): Promise<void> => undefined;
    return { base: '/srv', parts: { state }, host, loops: async () => state.loops.size, cleanUp };
  }, 1);
});
