import { expect, test } from '@jest/globals';
import { parseSize } from '../../../src/core/sizes.ts';
import { interceptHost } from '../../fakes/intercepted-host.ts';
import type { Current } from './contract.ts';
import { copiesOf } from './copy-files.ts';
import { snapshotsOf } from './snapshots.ts';
import { asPlanned } from './subject.ts';

export function describeRollbacks(get: Current): void {
  const subject = () => snapshotsOf(get());
  const signal = () => get().signal;
  const written = (name: string, text: string) => get().written(name, text);
  const testKept = (title: string, work: () => Promise<void>) =>
    test(title, async () => {
      if (get().traits.snapshots !== 'none') await work();
    });

  testKept('gives the volume its data, and the previous data can be brought back', async () => {
    const volume = await written('db', 'first');
    const snapshot = await subject().take(volume, 'before');
    await get().write(volume, 'second');
    const keptAs = '00000000000fade5';
    const fate = await subject().snapshots.foreseeRollback(volume, snapshot, signal());
    expect(await get().read(volume)).toBe('second');
    const kept = await subject().snapshots.rollback(volume, snapshot, keptAs, signal());
    expect(await get().read(volume)).toBe('first');
    await get().write(volume, 'third');
    expect(await subject().snapshots.rollback(volume, snapshot, keptAs, signal())).toEqual(kept);
    expect(await get().read(volume)).toBe('third');
    expect((await get().listed()).map(asPlanned)).toEqual([asPlanned(volume)]);
    expect(await get().removed()).toEqual([kept]);
    expect(kept.volume).toEqual({ ...volume, id: keptAs });
    expect(fate.kept).toBe('trash');
    expect(Date.parse(kept.purgeAfter ?? '') - Date.parse(fate.purgeAfter ?? '')).toBeLessThan(120_000);
    expect(await subject().names(volume)).toEqual(['before']);
    await expect(get().backend.undelete(kept, signal())).rejects.toMatchObject({ code: 'conflict' });
    await get().backend.remove(volume, signal());
    expect(await get().read(await get().backend.undelete(kept, signal()))).toBe('second');
  });
  testKept('of a volume that was made smaller since the snapshot is refused', async () => {
    const { growth } = get().backend;
    if (get().traits.growth !== 'resizes' || growth.kind === 'none') return;
    const volume = await written('db', 'first');
    const [bytes, least] = [parseSize(volume.options.size ?? ''), 4 * 1024 ** 2];
    const snapshot = await subject().take(volume, 'before');
    await get().write(volume, 'second');
    const smaller = await growth.grow(volume, least, undefined, signal());
    const { snapshots } = subject();
    const refused = { code: 'invalid', message: expect.stringContaining('enlarge it to 8MiB, then retry') };
    await expect(snapshots.foreseeRollback(smaller, snapshot, signal())).rejects.toMatchObject(refused);
    const back = () => snapshots.rollback(smaller, snapshot, '00000000000fade5', signal());
    await expect(back()).rejects.toMatchObject(refused);
    expect(await get().read(volume)).toBe('second');
    await growth.grow(volume, bytes, undefined, signal());
    await back();
    expect(await get().read(volume)).toBe('first');
    await growth.grow(volume, least, undefined, signal());
  });
  testKept('that is given up after its copy leaves the volume as it is', async () => {
    const volume = await written('db', 'first');
    const snapshot = await subject().take(volume, 'before');
    await get().write(volume, 'second');
    // Where the storage itself makes the copies, its own tests give it up.
    if (get().underTest.storage === undefined) return;
    const given = new AbortController();
    const host = interceptHost(get().underTest.host, async ({ name }, run) => {
      const result = await run();
      if (/\.(copy|clone|snapshot)$/.test(name)) given.abort();
      return result;
    });
    const { snapshots } = get().reopen({ host });
    if (snapshots.kind === 'none') throw new Error('it has them');
    const rolling = snapshots.rollback(volume, snapshot, '00000000000fade5', given.signal);
    await expect(rolling).rejects.toMatchObject({ code: 'timeout' });
    expect(await get().removed()).toEqual([]);
    expect(await get().read(volume)).toBe('second');
    await snapshots.rollback(volume, snapshot, '00000000000fade6', signal());
    expect(await get().read(volume)).toBe('first');
  });
  testKept('keeps the data that it replaces, even by a driver that deletes at once', async () => {
    const backend = get().reopen({ settings: { onRemove: 'delete' } });
    if (backend.snapshots.kind === 'none') throw new Error('it has them');
    const volume = await written('db', 'first');
    const snapshot = await subject().take(volume, 'before');
    await backend.snapshots.rollback(volume, snapshot, '00000000000fade5', signal());
    await backend.purge(signal());
    expect(await get().removed()).toHaveLength(1);
  });
  testKept('that finds no space at any of its steps leaves no copy', async () => {
    const { underTest } = get();
    if (underTest.storage === undefined) return;
    for (let full = 0, isDone = false; !isDone; full += 1) {
      const volume = await written(`db-${full}`, 'first');
      const snapshot = await subject().take(volume, 'before');
      await get().write(volume, 'second');
      let effects = 0;
      const host = interceptHost(underTest.host, async ({ kind, detail }, run) => {
        if (kind === 'effect' && detail.includes(volume.id) && effects++ === full)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        return run();
      });
      const { snapshots } = get().reopen({ host });
      if (snapshots.kind === 'none') throw new Error('it has them');
      const keptAs = (0xfade00 + full).toString(16).padStart(16, '0');
      isDone = await snapshots.rollback(volume, snapshot, keptAs, signal()).then(
        () => true,
        () => false,
      );
      expect(['first', ...(isDone ? [] : ['second'])]).toContain(await get().read(volume));
      expect(await copiesOf(underTest).leftovers(volume)).toEqual([]);
    }
  });
}
