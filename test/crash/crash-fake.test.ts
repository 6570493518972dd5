import { describe } from '@jest/globals';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { copying, image, limited, protection } from './crash-script.ts';
import { describeCrashes, type Machine } from './crash-suite.ts';

async function machineInMemory(state = createFakeState()): Promise<Machine> {
  const host = createFakeHost(state);
  const cleanUp = async (): Promise<void> => undefined;
  return { base: '/srv', parts: { state }, host, loops: async () => state.loops.size, cleanUp };
}

/** A machine in memory that has to mount an image at a private place. */
function olderMachine(): Promise<Machine> {
  const state = createFakeState();
  state.canDetach = false;
  return machineInMemory(state);
}

/** A machine in memory whose file system can do this. */
function machineWith(...conditions: readonly ('reflinks' | 'subvolumes')[]) {
  const state = createFakeState();
  for (const condition of conditions) state.rootFileSystem.conditions.add(condition);
  return machineInMemory(state);
}

describe('a daemon that is killed on a machine in memory', () => {
  describeCrashes(() => machineInMemory(), 1);
});

describe('a daemon that is killed on a machine in memory before Linux 6.15', () => {
  describeCrashes(olderMachine, 1, image);
});

describe('a daemon that is killed while it copies volumes, on a machine in memory that shares blocks', () => {
  describeCrashes(() => machineWith('reflinks'), Number(process.env.HOLDFAST_CRASH_STRIDE ?? 3), protection);
});

describe('a daemon that is killed while it copies volumes, on a machine in memory with btrfs', () => {
  describeCrashes(
    () => machineWith('reflinks', 'subvolumes'),
    Number(process.env.HOLDFAST_CRASH_STRIDE ?? 9),
    protection,
  );
});

describe('a daemon that is killed while it reads volumes aside and fills them, on such a machine', () => {
  describeCrashes(() => machineWith('reflinks'), Number(process.env.HOLDFAST_CRASH_STRIDE ?? 3), copying);
});

describe('a daemon that is killed while it reads volumes aside and fills them, on a machine in memory with btrfs', () => {
  describeCrashes(
    () => machineWith('reflinks', 'subvolumes'),
    Number(process.env.HOLDFAST_CRASH_STRIDE ?? 9),
    copying,
  );
});

describe('a daemon that is killed while it limits directories, on a machine with project quotas', () => {
  describeCrashes(
    () => {
      const state = createFakeState();
      state.rootFileSystem.quota = { kind: 'enforced', limits: new Map() };
      return machineInMemory(state);
    },
    Number(process.env.HOLDFAST_CRASH_STRIDE ?? 3),
    limited,
  );
});
