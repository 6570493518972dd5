import { expect, test } from '@jest/globals';
import type { Backend, Snapshots } from '../../../src/backends/backend.ts';
import { requireReadable, type Volume } from '../../../src/core/volume.ts';
import type { Current } from './contract.ts';
import { copiesOf } from './copy-files.ts';
import { atEveryEffect } from './crash.ts';
import { snapshotsOf } from './snapshots.ts';

export function describeCopyCrashes(get: Current): void {
  const signal = () => get().signal;
  const subject = () => snapshotsOf(get());
  const kept = (backend: Backend): Snapshots => {
    if (backend.snapshots.kind === 'none') throw new Error('this backend has none');
    return backend.snapshots;
  };
  const written = (round: string) => get().written(round, 'first');
  const testKept = (title: string, work: () => Promise<void>) =>
    test(title, async () => {
      if (get().traits.snapshots !== 'none') await work();
    });
  /** Everything that the storage has of this volume's copies, except complete snapshots. */
  const leftovers = (volume: Volume) => copiesOf(get().underTest).leftovers(volume);
  const purged = async (volume: Volume): Promise<void> => {
    await get().reopen().purge(signal());
    const { healed } = get().underTest;
    if (healed !== undefined && (await leftovers(volume)).length > 0) {
      await healed();
      await get().reopen().purge(signal());
    }
    expect(await leftovers(volume)).toEqual([]);
  };

  testKept('of a snapshot leaves a complete one, or none; then it can be made', async () => {
    await atEveryEffect(
      get,
      written,
      (backend, volume) => kept(backend).take(subject().snapshotOf(volume, 'before'), undefined, signal()),
      async (volume) => {
        const [found] = await subject().snapshots.list(volume, signal());
        if (found === undefined) await subject().take(volume, 'before');
        await purged(volume);
        const [snapshot] = await subject().snapshots.list(volume, signal());
        if (snapshot === undefined || !('volume' in snapshot)) throw new Error('it cannot be read');
        await get().write(volume, 'second');
        const plan = subject().planClone(`${volume.name}-copy`, volume);
        const clone = await subject().snapshots.clone(plan, { kind: 'snapshot', snapshot }, signal());
        expect(await get().read(clone)).toBe('first');
      },
    );
  });
  testKept("of a snapshot's removal leaves it, or nothing", async () => {
    await atEveryEffect(
      get,
      async (round) => {
        const volume = await written(round);
        await subject().take(volume, 'before');
        return volume;
      },
      async (backend, volume) => {
        const [snapshot] = await subject().snapshots.list(volume, signal());
        if (snapshot !== undefined && 'volume' in snapshot) await kept(backend).remove(snapshot, signal());
      },
      async (volume) => {
        const [found] = await subject().snapshots.list(volume, signal());
        if (found !== undefined && 'volume' in found) await subject().snapshots.remove(found, signal());
        expect(await subject().names(volume)).toEqual([]);
        await purged(volume);
        await subject().take(volume, 'before');
        expect(await get().read(volume)).toBe('first');
      },
    );
  });
  testKept('of a copy leaves a volume with all its data, or none; then the name is available', async () => {
    await atEveryEffect(
      get,
      written,
      (backend, volume) => {
        const plan = subject().planClone(`${volume.name}-copy`, volume);
        return kept(backend).clone(plan, { kind: 'volume', volume, mountpoint: undefined }, signal());
      },
      async (volume) => {
        await get().reopen().purge(signal());
        const { name } = subject().planClone(`${volume.name}-copy`, volume);
        const found = await get().backend.lookup(name, signal());
        const clone =
          found === undefined
            ? await subject().snapshots.clone(
                subject().planClone(name, volume),
                { kind: 'volume', volume, mountpoint: undefined },
                signal(),
              )
            : requireReadable(found);
        expect(await get().read(clone)).toBe('first');
        await purged(clone);
      },
    );
  });
  testKept(
    'of a rollback leaves the volume with the data from before or after it, and loses neither',
    async () => {
      let round = 0;
      await atEveryEffect(
        get,
        async (name) => {
          round += 1;
          const volume = await written(name);
          await subject().take(volume, 'before');
          await get().write(volume, 'second');
          return volume;
        },
        async (backend, volume) => {
          const [snapshot] = await subject().snapshots.list(volume, signal());
          if (snapshot === undefined || !('volume' in snapshot)) throw new Error('it is lost');
          const keptAs = round.toString(16).padStart(16, 'f');
          await kept(backend).rollback(volume, snapshot, keptAs, signal());
        },
        async (volume) => {
          const before = (await get().removed()).filter(({ volume: { name } }) => name === volume.name);
          if (before.length === 0) await get().reopen().purge(signal());
          expect(await get().read(volume)).toBe(before.length === 0 ? 'second' : 'first');
          await purged(volume);
          expect(await subject().names(volume)).toEqual(['before']);
          await get().backend.remove(volume, signal());
          const [removed] = before;
          if (removed !== undefined)
            expect(await get().read(await get().backend.undelete(removed, signal()))).toBe('second');
        },
      );
    },
  );
}
