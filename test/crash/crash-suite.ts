import { expect, test } from '@jest/globals';
import type { Host } from '../../src/host/host.ts';
import { id, openRig, present, type Rig, type RigParts, volume } from '../fakes/rig.ts';
import { watchEffects } from '../fakes/watched-host.ts';
import { script, type World } from './crash-script.ts';

/** A machine on which a daemon can die: each has a folder of its own. */
export interface Machine {
  readonly base: string;
  readonly parts: RigParts;
  /** The kernel's side, untouched by the daemon's death. */
  readonly host: Host;
  /** Loop devices that are attached for this machine. */
  loops(): Promise<number>;
  cleanUp(): Promise<void>;
}

const forever = new Promise<never>(() => undefined);

/** Kills the script before and after every `stride`th effect, starts again, and asserts what must hold. */
export function describeCrashes(makeMachine: () => Promise<Machine>, stride: number): void {
  test('after a death before or after any effect all is whole', async () => {
    const { moments, steps } = await runScript(await makeMachine(), Number.POSITIVE_INFINITY);
    expect(steps).toBe(script.length);
    expect(moments).toBeGreaterThan(2 * script.length);
    for (let moment = 1; moment <= moments; moment += stride) {
      await runScript(await makeMachine(), moment);
    }
  }, 600_000);
}

/** Runs the script until its moment of death; returns how many moments and steps there were. */
async function runScript(machine: Machine, deathAt: number) {
  let moments = 0;
  let story = 'the whole script';
  let died: () => void = () => undefined;
  const death = new Promise<'dead'>((resolve) => {
    died = () => resolve('dead');
  });
  const mortal = watchEffects(machine.host, (phase, name, detail) => {
    moments += 1;
    if (moments === deathAt) {
      story = `death ${phase} ${name} ${detail.slice(0, 200)} (moment ${moments})`;
      died();
    }
    // Whatever else was under way dies with it.
    return moments >= deathAt ? forever : undefined;
  });
  const world: World = { written: new Set() };
  let steps = 0;
  const life = (async () => {
    const rig = await openRig({ ...machine.parts, host: mortal, base: machine.base });
    for (const step of script) {
      await step.run(rig, world);
      steps += 1;
    }
    await rig.driver.close();
    return 'done' as const;
  })();
  await Promise.race([life, death]);
  try {
    await assertWhole(machine, world, steps);
  } catch (error) {
    throw new Error(
      `After ${story}, in step ${script[steps]?.what}: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  } finally {
    await machine.cleanUp();
  }
  return { moments, steps };
}

async function assertWhole(machine: Machine, world: World, steps: number): Promise<void> {
  const rig = await openRig({ ...machine.parts, base: machine.base });
  await rig.driver.recover();
  expect(await rig.driver.planRecovery()).toEqual([]);
  await assertMountedIffHeld(machine, rig);
  expect(rig.events.filter(({ event }) => event === 'recovery-failed')).toEqual([]);
  // What was interrupted can be done again, and so can what was answered.
  const step = script[steps];
  if (step) await step.run(rig, world);
  await assertData(rig, world);
  await assertNothingLeft(machine, rig);
  await rig.driver.close();
}

async function assertMountedIffHeld({ base, host }: Machine, rig: Rig): Promise<void> {
  const mounts = (await host.mounts.below(`${base}/mnt/holdfast`)).map(({ mountpoint }) => mountpoint).sort();
  const held: string[] = [];
  for (const { volume } of rig.driver.list()) {
    if (((await rig.driver.get(volume.name))?.holders.length ?? 0) > 0)
      held.push(rig.mountpoint(volume.name));
  }
  expect(mounts).toEqual(held.sort());
}

/** What a container wrote is found by the next one, also after an undelete. */
async function assertData(rig: Rig, world: World): Promise<void> {
  for (const name of world.written) {
    const removed = await rig.driver.listRemoved();
    const original = removed.find((candidate) => candidate.volume.name === name);
    if (original) {
      if (await rig.driver.get(volume(name))) {
        await release(rig, name);
        await rig.driver.remove(volume(name));
      }
      await rig.driver.undelete(volume(name), original.volume.id);
    }
    const { mountpoint } = await rig.driver.mount(volume(name), id('reader'), present);
    expect(await rig.host.files.readText(`${mountpoint}/precious`)).toBe(name);
    expect(await rig.host.files.list(mountpoint)).toEqual(['precious']);
  }
}

async function release(rig: Rig, name: string): Promise<void> {
  for (const holder of (await rig.driver.get(volume(name)))?.holders ?? [])
    await rig.driver.unmount(volume(name), holder.id);
}

async function assertNothingLeft(machine: Machine, rig: Rig): Promise<void> {
  for (const { volume: listed } of [...rig.driver.list()]) {
    await release(rig, listed.name);
    await rig.driver.remove(listed.name);
  }
  expect(await machine.host.mounts.below(`${machine.base}/mnt/holdfast`)).toEqual([]);
  expect(await machine.loops()).toBe(0);
  expect(await rig.driver.planRecovery()).toEqual([]);
  expect((await machine.host.files.list(`${machine.base}/mnt/holdfast`)) ?? []).toEqual([]);
}
