import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { RecoveryStep } from '../../src/core/decisions/recovery-plan.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { eventually } from '../lab/eventually.ts';
import { viewOutside } from '../lab/kernel-view.ts';
import { createMachine, type Machine, type MachineSettings } from '../lab/machine.ts';

/** What the tests here need; pass it to `describeWith`. */
export const realEngine = { root: true, programs: ['dockerd', 'docker', 'busybox', 'mkfs.ext4'] } as const;

/**
 * One machine for the tests of a suite. After each test, Docker removes its containers and volumes, then a fresh look at the
 * kernel must find nothing left; otherwise the test fails, and the next one starts on a rebooted machine.
 */
export function useMachine(settings?: MachineSettings): () => Machine {
  let machine: Machine | undefined;
  const current = () => {
    if (!machine) throw new Error('The machine did not boot: see the error of the first test.');
    return machine;
  };
  beforeAll(async () => {
    machine = await createMachine(await builtDaemon(), settings);
    await machine.boot();
  });
  afterEach(() => leaveNothing(current()));
  afterAll(async () => {
    if (machine) await switchOff(machine);
  });
  return current;
}

async function leaveNothing(machine: Machine): Promise<void> {
  try {
    await removeEverything(machine);
    await machine.eventually('nothing is left after the test', () => isEmpty(machine.leftovers()));
    await machine.eventually('recovery has nothing to do', () => isEmpty(stepsToTake(machine)));
  } catch (failure) {
    await machine.reboot();
    await removeEverything(machine);
    throw failure;
  }
}

async function removeEverything({ holdfast, engine, docker }: Machine): Promise<void> {
  if (!holdfast.service.running()) await holdfast.start();
  if (!engine.service.running()) await engine.start();
  const containers = words(await docker('ps', '--all', '--quiet'));
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
  const volumes = words(await docker('volume', 'ls', '--quiet'));
  if (volumes.length > 0) await docker('volume', 'rm', ...volumes);
}

async function switchOff(machine: Machine): Promise<void> {
  try {
    await machine.engine.stop();
    await machine.holdfast.stop();
    await machine.eventually('nothing is left after a clean stop', () => isEmpty(machine.traces()));
  } finally {
    await machine.destroy();
    await eventually('nothing outlives the machine', () => isEmpty(viewOutside(machine.folder)));
  }
}

async function stepsToTake({ holdfast }: Machine): Promise<readonly string[]> {
  const plan: RecoveryPlan = JSON.parse(await holdfast.command('recover', '--dry-run', '--json'));
  return plan.drivers.flatMap(({ steps }) =>
    steps.map(({ action, volume, why }) => `${action} ${volume}: ${why}`),
  );
}

interface RecoveryPlan {
  readonly drivers: readonly { readonly steps: readonly RecoveryStep[] }[];
}

/** Throws, with a list of what is left. */
export async function isEmpty(view: Promise<readonly string[]>): Promise<true> {
  const lines = await view;
  if (lines.length === 0) return true;
  throw new Error(`Left: ${lines.join('; ')}`);
}

/** The words of a command's output. */
export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
