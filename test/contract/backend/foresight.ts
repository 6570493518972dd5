import { expect, test } from '@jest/globals';
import type { Change } from '../../../src/backends/backend.ts';
import { asVolumeError } from '../../../src/core/volume-error.ts';
import type { Current } from './contract.ts';

export function describeForesight(get: Current): void {
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error) => {
        const { code, message } = asVolumeError(error, 'It failed');
        return { code, message };
      },
    );
  const foresee = (change: Change) => get().backend.foresee(change, get().signal);

  test('of a change that can be made changes nothing', async () => {
    const { backend, signal } = get();
    const planned = get().plan('db');
    expect(await foresee({ verb: 'create', volume: planned })).toBeUndefined();
    expect(await get().names()).toEqual([]);
    const volume = await backend.create(planned, signal);
    await get().write(volume, 'mine');
    const fate = await foresee({ verb: 'remove', volume });
    expect(await get().listed()).toEqual([volume]);
    await backend.remove(volume, signal);
    const [removed] = await get().removed();
    if (removed === undefined) throw new Error('it is lost');
    expect(fate).toMatchObject(get().traits.data === 'owned' ? { kept: 'trash' } : { kept: 'in-place' });
    if (fate?.purgeAfter !== undefined)
      expect(Date.parse(removed.purgeAfter ?? '') - Date.parse(fate.purgeAfter)).toBeLessThan(120_000);
    expect(await foresee({ verb: 'undelete', removed })).toBeUndefined();
    expect(await get().removed()).toEqual([removed]);
    await backend.undelete(removed, signal);
    if (get().traits.data === 'owned') expect(await get().read(volume)).toBe('mine');
  });

  test('refuses what the change would refuse, in the same words', async () => {
    const { backend, signal } = get();
    const first = await get().create('db');
    const again = get().plan('db');
    const taken = await refusal(foresee({ verb: 'create', volume: again }));
    expect(taken).toMatchObject({ code: 'conflict' });
    expect(await refusal(backend.create(again, signal))).toEqual(taken);
    await backend.remove(first, signal);
    const [removed] = await get().removed();
    if (removed === undefined) throw new Error('it is lost');
    const second = await get().create('db');
    const since = await refusal(foresee({ verb: 'undelete', removed }));
    expect(since).toMatchObject({ code: 'conflict' });
    expect(await refusal(backend.undelete(removed, signal))).toEqual(since);
    expect(await get().listed()).toEqual([second]);
  });

  test('of a removal of a missing volume says nothing about its data', async () => {
    expect(await foresee({ verb: 'remove', volume: get().plan('ghost') })).toBeUndefined();
  });
}
