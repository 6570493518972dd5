import { expect, test } from '@jest/globals';
import { parseSize } from '../../src/core/sizes.ts';
import { requireReadable } from '../../src/core/volume.ts';
import type { Host } from '../../src/host/host.ts';
import { endingDetached } from '../fakes/ending-detached.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { id, openRig, present, type Rig, type RigParts, volume } from '../fakes/rig.ts';
import { watchEffects } from '../fakes/watched-host.ts';
import { eventually } from '../lab/eventually.ts';
import { podsOf, type ScriptStep, verbs, type World } from './crash-script.ts';

/** A machine on which a daemon can be killed, with its own folder. */
export interface Machine {
  readonly base: string;
  readonly parts: RigParts;
  /** The kernel's state, which survives the daemon. */
  readonly host: Host;
  /** The number of loop devices of this machine. */
  loops(): Promise<number>;
  cleanUp(): Promise<void>;
}

const forever = new Promise<never>(() => undefined);

/**
 * Kills the daemon before and after every `stride`th effect of the script, starts it again, and checks the invariants. The same with a
 * second daemon that is killed while it recovers, at a moment that moves on from one to the next.
 */
export function describeCrashes(
  makeMachine: () => Promise<Machine>,
  stride: number,
  script: readonly ScriptStep[] = verbs,
): void {
  test('after a kill before or after any effect, everything is consistent', async () => {
    const { moments, steps } = await runScript(await makeMachine(), script, Number.POSITIVE_INFINITY);
    expect(steps).toBe(script.length);
    expect(moments).toBeGreaterThan(2 * script.length);
    for (let moment = 1; moment <= moments; moment += stride) {
      await runScript(await makeMachine(), script, moment);
    }
  }, 1_200_000);

  test('after a second kill, during the recovery from the first, everything is consistent', async () => {
    const { moments } = await runScript(await makeMachine(), script, Number.POSITIVE_INFINITY);
    let again = 0;
    let deaths = 0;
    for (let moment = 2; moment <= moments; moment += 4 * stride) {
      const { recovering } = await runScript(await makeMachine(), script, moment, again + 1);
      if (recovering > again) deaths += 1;
      // All its moments are gone through, then it begins again.
      again = recovering > again ? again + 1 : 0;
    }
    expect(deaths).toBeGreaterThan(0);
  }, 1_200_000);
}

interface Life {
  readonly host: Host;
  /** Resolves with the kill. */
  readonly death: Promise<'dead'>;
  /** How many moments there were. */
  moments(): number;
  /** What ended it. */
  story(): string;
}

/** A host whose daemon dies at a moment. */
function mortal(machine: Machine, deathAt: number): Life {
  let moments = 0;
  let story = 'the whole script';
  let died: () => void = () => undefined;
  const kernel = endingDetached(machine.host);
  const death = new Promise<void>((resolve) => {
    died = resolve;
  }).then(async () => {
    await kernel.end();
    return 'dead' as const;
  });
  const watched = watchEffects(kernel.host, (phase, name, detail) => {
    moments += 1;
    if (moments === deathAt) {
      story = `death ${phase} ${name} ${detail.slice(0, 200)} (moment ${moments})`;
      died();
    }
    // Other running work also stops here.
    return moments >= deathAt ? forever : undefined;
  });
  // Looks stop too: the timers of all killed daemons in this process would otherwise continue with them.
  const host = interceptHost(watched, (_, run) => (moments >= deathAt ? forever : run()));
  return { host, death, moments: () => moments, story: () => story };
}

/**
 * Runs the script until the kill, and then the recovery until the second one, if there is to be one. Returns how many moments and
 * steps there were, and how many moments of the recovery.
 */
async function runScript(machine: Machine, script: readonly ScriptStep[], deathAt: number, again?: number) {
  const first = mortal(machine, deathAt);
  const second = mortal(machine, again ?? Number.POSITIVE_INFINITY);
  const world: World = { written: new Map(), replaced: new Map(), limits: new Map() };
  let steps = 0;
  const life = (async () => {
    const rig = await openRig({ ...machine.parts, host: first.host, base: machine.base });
    for (const step of script) {
      await step.run(rig, world);
      steps += 1;
    }
    await rig.driver.close();
    return 'done' as const;
  })();
  try {
    await Promise.race([life, first.death]);
    if (again !== undefined) await Promise.race([recoverOn(second.host, machine), second.death]);
    await assertWhole(machine, world, script[steps]);
  } catch (error) {
    const stories = again === undefined ? first.story() : `${first.story()} and then ${second.story()}`;
    throw new Error(
      `After ${stories}, in step ${script[steps]?.what}: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  } finally {
    await machine.cleanUp();
  }
  return { moments: first.moments(), steps, recovering: second.moments() };
}

async function recoverOn(host: Host, machine: Machine): Promise<void> {
  const rig = await openRig({ ...machine.parts, host, base: machine.base });
  await rig.driver.recover();
  await rig.driver.close();
}

async function assertWhole(machine: Machine, world: World, step: ScriptStep | undefined): Promise<void> {
  const rig = await openRig({ ...machine.parts, base: machine.base });
  await rig.driver.recover();
  expect(await rig.driver.planRecovery()).toEqual([]);
  await assertMountedIffHeld(machine, rig);
  expect(rig.events.filter(({ event }) => event === 'recovery-failed')).toEqual([]);
  // Both an interrupted and an answered call can be repeated.
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

/** Each of them is brought back in turn. */
async function assertInTrash(rig: Rig, name: string, content: string): Promise<void> {
  const contents: unknown[] = [];
  const removed = await rig.driver.listRemoved();
  for (const { volume: one } of removed.filter((candidate) => candidate.volume.name === name)) {
    await release(rig, name);
    await rig.driver.remove(volume(name));
    await rig.driver.undelete(volume(name), one.id);
    const { mountpoint } = await rig.driver.mount(volume(name), id('reader'), present);
    contents.push(await rig.host.files.readText(`${mountpoint}/precious`));
  }
  expect(contents).toContain(content);
}

/** The next container finds the data of the previous one, even after an undelete. */
async function assertData(rig: Rig, world: World): Promise<void> {
  for (const [name, content] of world.written) {
    const replaced = world.replaced.get(name);
    if (replaced !== undefined) {
      await assertInTrash(rig, name, replaced);
      continue;
    }
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
    expect(await rig.host.files.readText(`${mountpoint}/precious`)).toBe(content);
    expect(await rig.host.files.list(mountpoint)).toEqual(['precious']);
    if (world.limits.has(name))
      await assertLimited(rig, name, mountpoint, original ? undefined : world.limits.get(name));
  }
}

/** What was in the trash has the size that it had then. */
async function assertLimited(
  rig: Rig,
  name: string,
  mountpoint: string,
  expected: number | undefined,
): Promise<void> {
  const view = await rig.driver.get(volume(name));
  if (view === undefined) throw new Error(`${name} is lost`);
  const limit = parseSize(requireReadable(view.volume).options.size ?? '');
  if (expected !== undefined) expect(limit).toBe(expected);
  const file = (bytes: number) =>
    rig.host.files.writeText(`${mountpoint}/more`, 'x'.repeat(bytes), 'replace');
  await expect(file(limit)).rejects.toMatchObject({ code: 'EDQUOT' });
  await file(limit / 2);
}

async function release(rig: Rig, name: string): Promise<void> {
  for (const { id, path } of (await rig.driver.get(volume(name)))?.holders ?? []) {
    if (path === undefined) await rig.driver.unmount(volume(name), id);
    else await rig.driver.unpublish(volume(name), path);
  }
}

async function assertNothingLeft(machine: Machine, rig: Rig): Promise<void> {
  for (const { volume: listed } of [...rig.driver.list()]) {
    await release(rig, listed.name);
    await rig.driver.remove(listed.name);
  }
  expect(await machine.host.mounts.below(`${machine.base}/mnt/holdfast`)).toEqual([]);
  expect(await machine.host.mounts.below(`${machine.base}/mnt/.aside`)).toEqual([]);
  expect((await machine.host.files.list(`${machine.base}/mnt/.aside/holdfast`)) ?? []).toEqual([]);
  expect(await machine.host.mounts.below(podsOf(machine.base))).toEqual([]);
  expect((await machine.host.files.list(podsOf(machine.base))) ?? []).toEqual([]);
  await eventually('no loop device is left', async () => (await machine.loops()) === 0);
  expect(await rig.driver.planRecovery()).toEqual([]);
  expect((await machine.host.files.list(`${machine.base}/mnt/holdfast`)) ?? []).toEqual([]);
}
