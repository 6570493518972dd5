import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Measured } from '../../../src/core/usage.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { eventually } from '../../lab/eventually.ts';
import type { Current } from './contract.ts';

const written = 512 * 1024;

export function describeUsage(get: Current): void {
  const measure = (volume: Volume, mountpoint?: string): Promise<Measured | undefined> =>
    get().backend.usage(volume, mountpoint, get().signal);

  test('grows with writes, and shrinks with deletions', async () => {
    const { files } = get().underTest.host;
    const volume = await get().create('db');
    const mountpoint = await get().stage(volume);
    const before = await measure(volume, mountpoint);
    expect(before).toMatchObject({ of: 'volume' });
    await files.writeText(join(mountpoint, 'file'), 'x'.repeat(written), 'replace');
    const grown = (measured?: Measured) => (measured?.usedBytes ?? 0) - (before?.usedBytes ?? 0);
    // A quota of GlusterFS counts it some moments later if the bricks are busy.
    const full = await eventually('it grows', async () => {
      const measured = await measure(volume, mountpoint);
      return grown(measured) >= written && measured;
    });
    expect(grown(full)).toBeLessThan(2 * written);
    // A limit of bytes alone shows no inodes, and never those of other volumes.
    if (full.usedInodes !== undefined) expect(full.usedInodes - (before?.usedInodes ?? 0)).toBe(1);
    await files.removeFile(join(mountpoint, 'file'));
    // xfs frees the space of deleted files some moments later.
    await eventually('it shrinks', async () => {
      const after = await measure(volume, mountpoint);
      return (after?.usedBytes ?? 0) < (full.usedBytes ?? 0) - written / 2;
    });
    await get().unstage(volume);
  });
  test('has the size of the volume, or of the storage that it shares', async () => {
    const volume = await get().create('db');
    const measured = await measure(volume, await get().stage(volume));
    const whole = measured?.sizeBytes === undefined ? measured?.room : measured;
    expect(whole?.sizeBytes).toBeGreaterThan(whole?.usedBytes ?? 0);
    if (measured?.sizeBytes === undefined) expect(measured?.room?.place).not.toBe('');
    await get().unstage(volume);
  });
  test('of an unmounted volume is counted or unknown, and never 0', async () => {
    const volume = await get().create('db');
    await get().write(volume, 'x'.repeat(written));
    const measured = await measure(volume);
    if (measured?.usedBytes === undefined) expect(measured?.sizeBytes).toBeGreaterThan(0);
    else expect(measured.usedBytes).toBeGreaterThanOrEqual(written);
  });
  test('does not keep the mount busy, and changes nothing', async () => {
    const volume = await get().create('db');
    const mountpoint = await get().stage(volume);
    await measure(volume, mountpoint);
    await get().unstage(volume);
    expect(await get().names()).toEqual(['db']);
    expect(get().acts.filter(({ act }) => act !== 'format')).toEqual([]);
  });
  test('is also that of new volumes: the storage has free space, or says why that is not known', async () => {
    const { freeSpace } = get().backend;
    if (freeSpace.kind === 'none') expect(freeSpace.why).toMatch(/.+\.$/);
    else expect(await freeSpace.measure(get().signal)).toBeGreaterThan(written);
    expect(await get().names()).toEqual([]);
  });
  test('of a volume that does not exist is unknown', async () => {
    await get().create('db');
    if (get().traits.data === 'adopted') return;
    const measured = await measure(get().plan('ghost')).catch(() => undefined);
    expect(measured?.usedBytes).toBeUndefined();
  });
}
