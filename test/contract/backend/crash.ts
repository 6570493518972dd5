import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import { requireReadable, type Volume } from '../../../src/core/volume.ts';
import { interceptHost } from '../../fakes/intercepted-host.ts';
import type { Current } from './contract.ts';
import { snapshotsOf } from './snapshots.ts';
import { asPlanned, type BackendSubject, name } from './subject.ts';

/** The daemon's death between two effects. */
class Death extends Error {}

/** A backend whose host dies after `survived` effects, and does nothing from then on. */
function dying(subject: BackendSubject, survived: number): { readonly backend: Backend; died(): boolean } {
  let left = survived;
  let dead = false;
  const host = interceptHost(subject.underTest.host, async (call, run) => {
    dead ||= call.kind === 'effect' && left-- === 0;
    if (dead) throw new Death(`died before ${call.name}`);
    return run();
  });
  return { backend: subject.reopen({ host }), died: () => dead };
}

/** Repeats `work`, and dies one effect later each time, until `work` completes. */
export async function atEveryEffect(
  get: Current,
  prepare: (round: string) => Promise<Volume>,
  work: (backend: Backend, volume: Volume) => Promise<unknown>,
  check: (volume: Volume) => Promise<void>,
): Promise<void> {
  for (let survived = 0; survived < 80; survived++) {
    const volume = await prepare(`v${survived}`);
    const { backend, died } = dying(get(), survived);
    await work(backend, volume).catch((error) => {
      if (!died()) throw error;
    });
    await check(volume);
    if (!died()) return expect(survived).toBeGreaterThan(0);
  }
  throw new Error('it never came to its end');
}

export function describeCrashes(get: Current): void {
  const written = (round: string) => get().written(round, round);
  const recorded = async (volume: Volume) => {
    const found = await get().backend.lookup(volume.name, get().signal);
    return found && requireReadable(found);
  };
  const onlyOne = async (volume: Volume): Promise<void> => {
    const live = (await recorded(volume)) === undefined ? 0 : 1;
    const removed = (await get().removed()).filter((one) => one.volume.id === volume.id).length;
    expect(live + removed).toBe(1);
  };

  test('in a create leaves a volume or none; the name is usable, and a discard leaves nothing', async () => {
    await atEveryEffect(
      get,
      async (round) => get().plan(round),
      (backend, plan) => backend.create(plan, get().signal),
      async (plan) => {
        const survivor = await recorded(plan);
        await get().backend.discard(plan, get().signal);
        expect(await recorded(plan)).toEqual(survivor);
        const volume = survivor ?? (await get().create(plan.name));
        if (get().traits.data === 'owned') expect(await get().read(volume)).toBeUndefined();
        await get().write(volume, 'works');
        await get().backend.purge(get().signal);
        expect(await get().read(volume)).toBe('works');
        expect(await recorded(volume)).toEqual(volume);
        await get().backend.remove(volume, get().signal);
      },
    );
  });
  test('in a create that is then repeated leaves one volume', async () => {
    await atEveryEffect(
      get,
      async (round) => get().plan(round),
      (backend, plan) => backend.create(plan, get().signal),
      async (plan) => {
        expect(asPlanned(await get().backend.create(plan, get().signal))).toEqual(plan);
        expect(await get().read(plan)).toBeUndefined();
      },
    );
  });
  test('in a stage is undone by unstage, and the next stage shows the data', async () => {
    await atEveryEffect(
      get,
      written,
      async (backend, volume) => backend.stage(volume, await get().mountpointOf(volume), get().signal),
      async (volume) => {
        await get().unstage(volume);
        const { host, folder } = get().underTest;
        expect(await host.mounts.below(join(folder, 'mnt'))).toEqual([]);
        expect(await host.files.list(join(folder, 'mnt'))).not.toContain(`.staging-${volume.name}`);
        if (get().traits.data === 'owned') expect(await get().read(volume)).toBe(volume.name);
      },
    );
  });
  test('in an unstage is repaired by the next one', async () => {
    await atEveryEffect(
      get,
      async (round) => {
        const volume = await get().create(round);
        await get().stage(volume);
        return volume;
      },
      async (backend, volume) => backend.unstage(volume, await get().mountpointOf(volume), get().signal),
      async (volume) => {
        await get().unstage(volume);
        expect((await get().underTest.host.mounts.at(await get().mountpointOf(volume))).kind).toBe('bare');
      },
    );
  });
  test.each(['trash', 'delete', 'retain'])(
    'in a remove (%s) leaves a complete volume or a removed one',
    async (onRemove) => {
      const settings = { onRemove };
      await atEveryEffect(
        get,
        written,
        (backend, volume) => backend.remove(volume, get().signal),
        async (volume) => {
          if (onRemove === 'trash') await onlyOne(volume);
          if (await recorded(volume)) expect(await get().read(volume)).toBeDefined();
          const backend = get().reopen({ settings });
          await backend.remove(volume, get().signal);
          expect(await recorded(volume)).toBeUndefined();
          expect(await get().backend.lookup(name(volume.name), get().signal)).toBeUndefined();
        },
      );
    },
  );
  test('in an undelete leaves a removed volume or a complete one', async () => {
    await atEveryEffect(
      get,
      async (round) => {
        const volume = await written(round);
        await get().backend.remove(volume, get().signal);
        return volume;
      },
      (backend, volume) => backend.undelete({ volume, removedAt: volume.createdAt }, get().signal),
      async (volume) => {
        await onlyOne(volume);
        if (await recorded(volume)) expect(await get().read(volume)).toBeDefined();
        await get().backend.undelete({ volume, removedAt: volume.createdAt }, get().signal);
        expect(await get().read(volume)).toBeDefined();
        expect(await get().removed()).toEqual([]);
      },
    );
  });
  test('in a change of the name of a removed volume leaves it whole under one name, and a purge spares it', async () => {
    const to = (volume: Volume) => name(`${volume.name}-as`);
    for (const [under, onRemove] of [
      ['the name it has then', 'trash'],
      ['the other name', 'trash'],
      ['the name it has then', 'retain'],
      ['the other name', 'retain'],
    ] as const)
      await atEveryEffect(
        get,
        async (round) => {
          const volume = await written(`${round}-${under.length}-${onRemove}`);
          if (get().traits.snapshots !== 'none') await snapshotsOf(get()).take(volume, 'before');
          await get().reopen({ settings: { onRemove } }).remove(volume, get().signal);
          return volume;
        },
        (backend, volume) =>
          backend.renameRemoved({ volume, removedAt: volume.createdAt }, to(volume), get().signal),
        async (volume) => {
          const ofIt = (await get().removed()).filter((one) => one.volume.id === volume.id);
          const [found] = ofIt;
          if (found === undefined || ofIt.length > 1) throw new Error(`it is listed ${ofIt.length} times`);
          const wanted =
            under === 'the other name' && found.volume.name === volume.name ? to(volume) : undefined;
          const renamed = wanted && (await get().backend.renameRemoved(found, wanted, get().signal));
          const back = await get().backend.undelete(renamed ?? found, get().signal);
          get().advance(25 * 3_600_000);
          await get().backend.purge(get().signal);
          expect(await get().read(back)).toBe(volume.name);
          if (get().traits.snapshots !== 'none')
            expect(await snapshotsOf(get()).names(back)).toEqual(['before']);
          expect((await get().removed()).filter((one) => one.volume.id === volume.id)).toEqual([]);
          await get().backend.remove(back, get().signal);
        },
      );
  });
  test('in a purge leaves nothing that an undelete would bring back incomplete', async () => {
    await atEveryEffect(
      get,
      async (round) => {
        const volume = await written(round);
        await get().backend.remove(volume, get().signal);
        get().advance(25 * 3_600_000);
        return volume;
      },
      (backend) => backend.purge(get().signal),
      async (volume) => {
        const [removed] = await get().removed();
        if (removed) {
          await get().backend.undelete(removed, get().signal);
          expect(await get().read(volume)).toBeDefined();
          await get().backend.remove(volume, get().signal);
        }
        get().advance(25 * 3_600_000);
        await get().backend.purge(get().signal);
        expect(await get().removed()).toEqual([]);
      },
    );
  });
}
