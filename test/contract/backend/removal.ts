import { expect, test } from '@jest/globals';
import type { Current } from './contract.ts';
import { name } from './subject.ts';

const day = 24 * 3_600_000;

export function describeRemoval(get: Current): void {
  test('hides the volume at once, and keeps its data for a day', async () => {
    const volume = await get().create('db');
    await get().backend.remove(volume, get().signal);
    expect(await get().names()).toEqual([]);
    expect(await get().backend.lookup(name('db'), get().signal)).toBeUndefined();
    const [removed] = await get().removed();
    expect(removed?.volume).toEqual(volume);
    expect(Date.parse(removed?.purgeAfter ?? '') - Date.parse(removed?.removedAt ?? '')).toBe(day);
  });
  test('succeeds twice, and for a volume that never existed', async () => {
    const volume = await get().create('db');
    await get().backend.remove(volume, get().signal);
    await get().backend.remove(volume, get().signal);
    await get().backend.remove(get().plan('ghost'), get().signal);
    expect(await get().removed()).toHaveLength(1);
  });
  test('never affects a later volume of the same name', async () => {
    const first = await get().create('db');
    await get().backend.remove(first, get().signal);
    const second = await get().create('db');
    await get().write(second, 'second');
    await get().backend.remove(first, get().signal);
    expect(await get().backend.list(get().signal)).toEqual([second]);
    expect(await get().read(second)).toBe('second');
  });
  test('is listed separately for each volume of a name, newest first', async () => {
    for (const text of ['first', 'second']) {
      const volume = await get().create('db');
      await get().write(volume, text);
      await get().backend.remove(volume, get().signal);
      get().advance(1000);
    }
    const [second, first] = await get().removed();
    if (!first || !second) throw new Error('one is lost');
    for (const [removed, text] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      const back = await get().backend.undelete(removed, get().signal);
      if (get().traits.data === 'owned') expect(await get().read(back)).toBe(text);
      await get().backend.remove(back, get().signal);
    }
    expect(await get().removed()).toHaveLength(2);
  });
  test('can be undone, also repeatedly, with data and options', async () => {
    const volume = await get().create('db', get().traits.otherOptions);
    await get().write(await get().create('w'), '');
    const mountpoint = await get().stage(volume);
    const identity = await get().underTest.host.files.facts(mountpoint);
    await get().unstage(volume);
    await get().backend.remove(volume, get().signal);
    const [removed] = await get().removed();
    if (!removed) throw new Error('it is lost');
    expect(await get().backend.undelete(removed, get().signal)).toEqual(volume);
    expect(await get().backend.undelete(removed, get().signal)).toEqual(volume);
    expect(await get().backend.lookup(name('db'), get().signal)).toEqual(volume);
    expect(await get().removed()).toEqual([]);
    expect((await get().underTest.host.files.facts(await get().stage(volume)))?.inode).toBe(identity?.inode);
  });
  test('cannot be undone while another volume has the name', async () => {
    const first = await get().create('db');
    await get().backend.remove(first, get().signal);
    const second = await get().create('db');
    const [removed] = await get().removed();
    if (!removed) throw new Error('it is lost');
    await expect(get().backend.undelete(removed, get().signal)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('db'),
    });
    expect(await get().backend.list(get().signal)).toEqual([second]);
    expect(await get().removed()).toEqual([removed]);
  });
  test('can be undone under another name while another volume has its own', async () => {
    const { backend, signal } = get();
    const first = await get().create('db');
    if (get().traits.data === 'owned') await get().write(first, 'first');
    await backend.remove(first, signal);
    const second = await get().create('db');
    const taken = await get().create('taken');
    const [removed] = await get().removed();
    if (!removed) throw new Error('it is lost');
    const refusal = { code: 'conflict', message: expect.stringContaining('taken') };
    const intoTaken = { verb: 'undelete', removed, as: name('taken') } as const;
    await expect(backend.renameRemoved(removed, name('taken'), signal)).rejects.toMatchObject(refusal);
    await expect(backend.foresee(intoTaken, signal)).rejects.toMatchObject(refusal);
    expect(await get().removed()).toEqual([removed]);
    await backend.foresee({ verb: 'undelete', removed, as: name('other') }, signal);
    const renamed = await backend.renameRemoved(removed, name('other'), signal);
    const other = renamed.volume;
    expect(renamed).toMatchObject({
      ...removed,
      volume: { name: 'other', id: first.id, given: first.given },
    });
    expect(await get().removed()).toEqual([renamed]);
    expect(await backend.undelete(renamed, signal)).toEqual(other);
    expect(await get().names()).toEqual(['db', 'other', 'taken']);
    expect(await backend.lookup(name('other'), signal)).toEqual(other);
    expect(await backend.lookup(name('db'), signal)).toEqual(second);
    expect(await get().removed()).toEqual([]);
    if (get().traits.data === 'owned') expect(await get().read(renamed.volume)).toBe('first');
    await backend.remove(taken, signal);
  });
  test('can be undone under another name where its data was retained, and its own name is free then', async () => {
    const { signal } = get();
    const backend = get().reopen({ settings: { onRemove: 'retain' } });
    const first = await get().create('db');
    await get().write(first, 'first');
    await backend.remove(first, signal);
    const [removed] = await get().removed();
    if (!removed) throw new Error('it is lost');
    await backend.foresee({ verb: 'undelete', removed, as: name('other') }, signal);
    const renamed = await backend.renameRemoved(removed, name('other'), signal);
    expect(renamed).toMatchObject({ removedAt: removed.removedAt, volume: { name: 'other', id: first.id } });
    get().advance(1000 * day);
    expect(await backend.purge(signal)).toEqual([]);
    expect(await get().removed()).toEqual([renamed]);
    const second = await get().create('db');
    if (get().traits.data === 'owned') expect(await get().read(second)).toBeUndefined();
    const other = await backend.undelete(renamed, signal);
    expect(await get().read(other)).toBe('first');
    expect(await get().names()).toEqual(['db', 'other']);
    expect(await get().removed()).toEqual([]);
    await backend.remove(second, signal);
    expect(await get().removed()).toMatchObject([{ volume: { name: 'db', id: second.id } }]);
  });
  test('is not given another name if it is gone', async () => {
    const ghost = get().plan('ghost');
    const gone = { volume: ghost, removedAt: ghost.createdAt };
    await expect(get().backend.renameRemoved(gone, name('other'), get().signal)).rejects.toMatchObject({
      code: 'not-found',
    });
  });
  test('is purged after the retention, and never earlier', async () => {
    const volume = await get().create('db');
    await get().backend.remove(volume, get().signal);
    const [removed] = await get().removed();
    if (!removed) throw new Error('it is lost');
    // These hosts have real clocks to which the advance is added, and a call takes seconds on a busy machine.
    get().advance(day - 600_000);
    expect(await get().backend.purge(get().signal)).toEqual([]);
    expect(await get().removed()).toHaveLength(1);
    get().advance(601_000);
    expect(await get().backend.purge(get().signal)).toEqual(get().traits.data === 'owned' ? [removed] : []);
    expect(await get().removed()).toEqual([]);
    await expect(get().backend.undelete(removed, get().signal)).rejects.toMatchObject({ code: 'not-found' });
    expect(await get().backend.purge(get().signal)).toEqual([]);
    await get().create('db');
  });
  test('deletes at once if configured, but never adopted data', async () => {
    const backend = get().reopen({ settings: { onRemove: 'delete' } });
    const volume = await get().create('db');
    await get().write(volume, 'x');
    await backend.remove(volume, get().signal);
    await backend.remove(volume, get().signal);
    expect(await get().names()).toEqual([]);
    expect(await get().removed()).toHaveLength(get().traits.data === 'owned' ? 0 : 1);
    const fresh = await get().create('db');
    expect(await get().read(fresh)).toBe(get().traits.data === 'owned' ? undefined : 'x');
  });
  test('retains if configured: the data is never purged, and the name stays taken until an undelete', async () => {
    const backend = get().reopen({ settings: { onRemove: 'retain' } });
    const volume = await get().create('db');
    await get().write(volume, 'kept');
    await backend.remove(volume, get().signal);
    get().advance(1000 * day);
    expect(await backend.purge(get().signal)).toEqual([]);
    const [removed] = await backend.listRemoved(get().signal);
    if (!removed) throw new Error('it is lost');
    expect(removed.purgeAfter).toBeUndefined();
    if (get().traits.data === 'owned') {
      const other = get().plan('db');
      await expect(backend.create(other, get().signal)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/db.* was retained/),
        waysOut: expect.arrayContaining([expect.objectContaining({ act: 'undelete', volume: 'db' })]),
      });
      await backend.discard(other, get().signal);
    }
    await backend.undelete(removed, get().signal);
    expect(await get().read(volume)).toBe('kept');
  });
  test('is recorded in the audit log', async () => {
    const volume = await get().create('db');
    await get().backend.remove(volume, get().signal);
    get().advance(day + 1);
    await get().backend.purge(get().signal);
    const acts = get()
      .acts.filter((act) => act.volume === 'db')
      .map((act) => act.act);
    const expected = get().traits.data === 'owned' ? ['trash', 'purge'] : ['retain'];
    expect(acts.filter((act) => act !== 'format')).toEqual(expected);
    for (const act of get().acts) expect(act.evidence).not.toBe('');
  });
}
