import { describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import { localBackend } from '../../../src/backends/local/definition.ts';
import { createFakeServers, hostOf, shareKinds } from '../../backends/shared/network-share/under-test.ts';
import { onInstance } from '../../fakes/ec2/instance.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { changedBackend } from '../../fakes/open-backend.ts';
import { id, openRig, present, type Rig, type RigParts, volume } from '../../fakes/rig.ts';

const db = volume('db');
const hour = 3_600_000;
const minute = 60_000;

type Parts = RigParts & { readonly state: FakeState } & Required<Pick<RigParts, 'definition'>>;

const local = (): Parts => ({
  state: createFakeState(),
  definition: localBackend,
  settings: { root: '/srv/volumes' },
});

const kinds: readonly { readonly name: string; parts(): Parts }[] = [
  { name: 'local', parts: local },
  ...shareKinds.map((kind) => ({
    name: kind.name,
    parts: () => ({
      state: hostOf(kind, createFakeServers()),
      definition: kind.definition,
      settings: kind.settings,
    }),
  })),
  {
    name: 'ebs',
    parts: () => onInstance(),
  },
];

interface Counted {
  readonly parts: Parts;
  /** The names of each note, in order. */
  readonly notes: (readonly string[])[];
  /** The next notes fail, or hang, until this is undefined. */
  trouble: 'down' | 'hangs' | undefined;
}

/** Counts the notes that the driver makes. */
function counted(parts: Parts): Counted {
  const notes: (readonly string[])[] = [];
  const made: Counted = {
    notes,
    trouble: undefined,
    parts: {
      ...parts,
      definition: changedBackend(parts.definition, (backend) => ({
        ...backend,
        async noteUse(volumes, at, signal) {
          if (made.trouble === 'down') throw new Error('EIO');
          if (made.trouble === 'hangs') return new Promise(() => undefined);
          notes.push(volumes.map(({ name }) => name));
          return backend.noteUse(volumes, at, signal);
        },
      })),
    },
  };
  return made;
}

async function useBriefly({ driver }: Rig, name = db): Promise<void> {
  await driver.mount(name, id('a'), present);
  await driver.unmount(name, id('a'));
}

/** As the storage has it: asked by a daemon that starts now, three hours later. */
async function recorded(parts: Parts): Promise<ReadonlyMap<string, number | undefined>> {
  parts.state.clock.now += 3 * hour;
  const rig = await openRig(parts);
  await rig.driver.get(db);
  const unused = await rig.driver.unused();
  await rig.driver.close();
  return new Map(unused.map(({ view, lastUsed }) => [view.volume.name, lastUsed]));
}

const none: Backend['noteUse'] = async () => undefined;

describe.each(kinds)('a use between two rounds, $name', ({ parts }) => {
  test('is noted by the next round', async () => {
    const made = parts();
    const rig = await openRig(made);
    for (const name of [db, volume('new')]) await rig.driver.create(name, {});
    const at = made.state.clock.now;
    await useBriefly(rig);
    await rig.driver.measure();
    const uses = await recorded(made);
    expect(uses.get('db')).toBeGreaterThanOrEqual(at);
    expect(uses.get('db')).toBeLessThan(at + minute);
    expect(uses.has('new')).toBe(true);
    expect(uses.get('new')).toBeUndefined();
    await rig.driver.close();
  });
  test('is noted at a stop', async () => {
    const made = parts();
    const rig = await openRig(made);
    await rig.driver.create(db, {});
    const at = made.state.clock.now;
    await useBriefly(rig);
    await rig.driver.close();
    expect((await recorded(made)).get('db')).toBeGreaterThanOrEqual(at);
  });
  test('is noted at a stop that takes the volume down', async () => {
    const made = parts();
    const rig = await openRig(made);
    await rig.driver.create(db, {});
    const at = made.state.clock.now;
    await rig.driver.mount(db, id('a'), present);
    made.state.use(rig.mountpoint('db'), { pid: 7, command: 'postgres' });
    await rig.driver.unmount(db, id('a'));
    made.state.uses = [];
    await rig.driver.release();
    await rig.driver.close();
    expect((await recorded(made)).get('db')).toBeGreaterThanOrEqual(at);
  });
  test('is known on this host at once', async () => {
    const made = parts();
    const rig = await openRig(made);
    await rig.driver.create(db, {});
    await useBriefly(rig);
    const at = made.state.clock.now;
    made.state.clock.now += 3 * hour;
    expect((await rig.driver.unused()).map(({ lastUsed }) => lastUsed)).toEqual([at]);
    await rig.driver.close();
  });
  test('before the daemon died is noted by the next one, also if the volume is gone from this host by then', async () => {
    const made = parts();
    const killed = await openRig({
      ...made,
      definition: changedBackend(made.definition, (backend) => ({ ...backend, noteUse: none })),
    });
    await killed.driver.create(db, {});
    await killed.driver.mount(db, id('a'), present);
    const at = made.state.clock.now;
    const next = await openRig(made);
    await next.driver.unmount(db, id('a'));
    await next.driver.measure();
    expect((await recorded(made)).get('db')).toBeGreaterThanOrEqual(at);
    await Promise.all([next.driver.close(), killed.driver.close()]);
  });
});

describe('notes of uses', () => {
  const open = async () => {
    const made = counted(local());
    return { made, rig: await openRig(made.parts), clock: made.parts.state.clock };
  };

  test('are made once an hour for a volume that is used every minute', async () => {
    const { made, rig, clock } = await open();
    for (const name of [db, volume('often')]) await rig.driver.create(name, {});
    await rig.driver.mount(db, id('b'), present);
    for (let round = 0; round < 130; round++) {
      await useBriefly(rig, volume('often'));
      await rig.driver.measure();
      clock.now += minute;
    }
    const of = (name: string) => made.notes.filter((names) => names.includes(name)).length;
    expect([of('db'), of('often')]).toEqual([3, 3]);
    await rig.driver.close();
  });
  test('of a removed volume are not made', async () => {
    const { made, rig, clock } = await open();
    for (const name of [db, volume('other')]) await rig.driver.create(name, {});
    await useBriefly(rig);
    await useBriefly(rig, volume('other'));
    clock.now += minute;
    await rig.driver.remove(db);
    await rig.driver.measure();
    await rig.driver.close();
    expect(made.notes).toEqual([['other']]);
  });
  test('that fail are repeated, with the time of the use, and not at every round', async () => {
    const { made, rig, clock } = await open();
    await rig.driver.create(db, {});
    await useBriefly(rig);
    const at = clock.now;
    made.trouble = 'down';
    await rig.driver.measure();
    clock.now += minute;
    await rig.driver.measure();
    expect(rig.events.filter(({ event }) => event === 'use-not-noted')).toHaveLength(1);
    made.trouble = undefined;
    clock.now += 20 * hour;
    await rig.driver.measure();
    expect(made.notes).toEqual([['db']]);
    await rig.driver.close();
    const used = (await recorded(made.parts)).get('db') ?? 0;
    expect(used - at).toBeLessThan(minute);
    expect(used).toBeGreaterThanOrEqual(at);
  });
  test('of a storage that hangs do not keep a stop', async () => {
    const { made, rig } = await open();
    await rig.driver.create(db, {});
    await useBriefly(rig);
    made.trouble = 'hangs';
    void rig.driver.measure();
    await rig.driver.close();
    expect(made.notes).toEqual([]);
  });
  test('are not made by a daemon that only plans', async () => {
    const { made, rig } = await open();
    await rig.driver.create(db, {});
    await rig.driver.mount(db, id('a'), present);
    const planning = await openRig({ ...made.parts, start: false });
    await planning.driver.planRecovery();
    await planning.driver.close();
    expect(made.notes).toEqual([]);
    await rig.driver.close();
  });
});
