import { expect, test } from '@jest/globals';
import type { Current } from './contract.ts';

export function describeTrashUsage(get: Current): void {
  /** Purges first, because some backends learn it only from a purge. */
  const removedBytes = async (): Promise<number> => {
    await get().backend.purge(get().signal);
    const bytes = await get().backend.removedBytes(get().signal);
    if (bytes === undefined) throw new Error('it is not known');
    return bytes;
  };

  test('is what removed volumes take, until they are brought back', async () => {
    const volume = await get().create('db');
    await get().write(volume, 'x'.repeat(512 * 1024));
    const before = await removedBytes();
    await get().backend.remove(volume, get().signal);
    const full = await removedBytes();
    expect(full).toBeGreaterThan(before);
    const [removed] = await get().backend.listRemoved(get().signal);
    if (removed === undefined) throw new Error('nothing was removed');
    await get().backend.undelete(removed, get().signal);
    expect(await removedBytes()).toBeLessThan(full);
  });
}
