import { describe, expect, test } from '@jest/globals';
import { operatorId } from '../../src/core/mount-ledger.ts';
import { diskOf } from '../backends/ebs/hosts.ts';
import { onInstance } from '../fakes/ec2/instance.ts';
import { createFakeHost, createFakeState, type FakeState } from '../fakes/host/fake-host.ts';
import { openJointRig } from '../fakes/joint-rig.ts';
import { id, openRig, present, type Rig, type RigParts, volume } from '../fakes/rig.ts';
import { watchEffects } from '../fakes/watched-host.ts';

const db = volume('db');
const container = { pid: 4711, command: 'postgres', containerId: 'c'.repeat(64) };

interface Kind {
  readonly name: string;
  parts(): RigParts & { readonly state: FakeState; attached?(): number };
}

const kinds: readonly Kind[] = [
  { name: 'local', parts: () => ({ state: createFakeState() }) },
  {
    name: 'ebs',
    parts() {
      const { state, cloud, definition } = onInstance();
      return { state, definition, attached: () => diskOf(cloud).attachments.length };
    },
  },
];

async function held(parts: RigParts): Promise<Rig> {
  const rig = await openRig(parts);
  await rig.driver.create(db, {});
  for (const holder of ['a', 'b']) await rig.driver.mount(db, id(holder), present);
  return rig;
}
const later = (state: FakeState) => {
  state.clock.now += 11_000;
};
const holders = async ({ driver }: Rig) =>
  ((await driver.get(db))?.holders ?? []).map((one) => String(one.id));

describe.each(kinds)('Release, $name', ({ parts }) => {
  test('drops lost holders and takes the volume down, and its disk off this host', async () => {
    const made = parts();
    const rig = await held(made);
    later(made.state);
    const mountpoint = rig.mountpoint('db');
    expect(await rig.driver.releaseVolume(db)).toEqual({ holders: ['a', 'b'], mountpoint });
    expect((await rig.host.mounts.at(mountpoint)).kind).not.toBe('mounted');
    expect(await holders(rig)).toEqual([]);
    expect(made.attached?.() ?? 0).toBe(0);
    expect(rig.events.filter(({ event }) => event === 'holder-dropped')).toHaveLength(2);
    expect(await rig.driver.releaseVolume(db)).toEqual({ holders: [] });
    await rig.driver.mount(db, id('c'), present);
    await rig.driver.close();
  });

  test('is refused while the kernel shows a use, naming who uses it, and nothing has changed', async () => {
    const made = parts();
    const rig = await held(made);
    later(made.state);
    made.state.use(rig.mountpoint('db'), container);
    await expect(rig.driver.releaseVolume(db)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(
        /db is in use by process 4711 \(postgres\) .*, then release the volume\./,
      ),
    });
    expect(await holders(rig)).toEqual(['a', 'b']);
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('mounted');
    await rig.driver.close();
  });

  test('after a kill before or after any effect, all or nothing is held, and repeating it ends it', async () => {
    const forever = new Promise<never>(() => undefined);
    for (let moment = 1, isOver = false; !isOver; moment++) {
      const made = parts();
      const host = createFakeHost(made.state);
      const rig = await held({ ...made, host });
      later(made.state);
      await rig.driver.close();
      let moments = 0;
      let die: () => void = () => undefined;
      const death = new Promise<'dead'>((resolve) => {
        die = () => resolve('dead');
      });
      let isBegun = false;
      const mortal = watchEffects(host, () => {
        if (!isBegun) return undefined;
        moments += 1;
        if (moments === moment) die();
        return moments >= moment ? forever : undefined;
      });
      const dying = await openRig({ ...made, host: mortal });
      isBegun = true;
      isOver = (await Promise.race([dying.driver.releaseVolume(db), death])) !== 'dead';
      const next = await openRig({ ...made, host });
      await next.driver.recover();
      expect(await next.driver.planRecovery()).toEqual([]);
      const isMounted = (await host.mounts.at(next.mountpoint('db'))).kind === 'mounted';
      expect(isMounted).toBe((await holders(next)).length > 0);
      await next.driver.releaseVolume(db);
      expect([await holders(next), made.attached?.() ?? 0]).toEqual([[], 0]);
      if (isOver) expect(moment).toBeGreaterThan(4);
      await next.driver.close();
    }
  });
});

describe('Release', () => {
  test.each<[string, (rig: Rig) => Promise<unknown>, string]>([
    ['while a container may be starting', async () => undefined, 'mounted just now'],
    [
      'while an operator holds the volume',
      async (rig) => {
        await rig.driver.mount(db, operatorId, present);
        later(rig.state);
      },
      'held by an operator',
    ],
    [
      'where processes are hidden',
      async (rig) => {
        later(rig.state);
        rig.state.seesAllProcesses = false;
      },
      'hidden from Holdfast',
    ],
  ])('is refused %s', async (_, prepare, words) => {
    const rig = await held({});
    await prepare(rig);
    await expect(rig.driver.releaseVolume(db)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining(words),
    });
    expect(await holders(rig)).toContain('a');
  });

  test('of a held volume whose mount is gone drops the holders', async () => {
    const rig = await held({});
    later(rig.state);
    await rig.host.mounts.unmount(rig.mountpoint('db'));
    expect(await rig.driver.releaseVolume(db)).toMatchObject({ holders: ['a', 'b'] });
    expect(await holders(rig)).toEqual([]);
  });

  test('of a volume that does not exist says so', async () => {
    const rig = await openRig();
    await expect(rig.driver.releaseVolume(db)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('Release by a joint driver', () => {
  test('is of the member that has it mounted, whose storage need not answer', async () => {
    const rig = await openJointRig();
    await rig.joint.create(db, {});
    await rig.joint.mount(db, id('a'), present);
    later(rig.state);
    rig.silence('shared');
    rig.silence('gold');
    expect(await rig.joint.releaseVolume(db)).toEqual({
      holders: ['a'],
      mountpoint: rig.gold.mountpoint('db'),
    });
    rig.speak();
    await rig.close();
  });

  test('of an unknown volume is not-found, and unknown while a member is silent', async () => {
    const rig = await openJointRig();
    await expect(rig.joint.releaseVolume(db)).rejects.toMatchObject({ code: 'not-found' });
    rig.silence('shared');
    await expect(rig.joint.releaseVolume(db)).rejects.toMatchObject({ code: 'unavailable' });
    await rig.close();
  });
});
