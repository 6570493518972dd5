import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Backend, Modifications } from '../../../src/backends/backend.ts';
import { type Options, requireReadable, type Volume } from '../../../src/core/volume.ts';
import type { Current } from './contract.ts';
import { atEveryEffect } from './crash.ts';

export function describeModification(get: Current): void {
  const signal = () => get().signal;
  const modifications = ({ modifications: found }: Backend = get().backend): Modifications => {
    if (found.kind === 'none') throw new Error('this backend has none');
    return found;
  };
  const recorded = async (volume: Volume): Promise<Volume> => {
    const found = await get().reopen().lookup(volume.name, signal());
    return requireReadable(found ?? volume);
  };
  /** A refusal must be the foreseen one. */
  const modify = async (volume: Volume, wanted: Options): Promise<Volume> => {
    const foreseen = await modifications()
      .foresee(volume, wanted, signal())
      .catch((error: unknown) => error);
    const work = modifications().modify(volume, wanted, undefined, signal());
    if (foreseen instanceof Error) await expect(work).rejects.toEqual(foreseen);
    else expect(await work).toEqual(foreseen);
    return work;
  };
  /** The flags of the volume's mount, as the kernel has them. */
  const flags = async (volume: Volume): Promise<readonly string[]> => {
    const mountpoint = await get().stage(volume);
    const mounts = await get().underTest.host.mounts.below(join(mountpoint, '..'));
    const options = mounts.find((mount) => mount.mountpoint === mountpoint)?.options ?? [];
    await get().unstage(volume);
    return ['ro', 'nosuid', 'nodev', 'noexec'].filter((flag) => options.includes(flag));
  };
  const testFlags = (title: string, work: () => Promise<void>) =>
    test(title, async () => {
      if (get().traits.modification === 'flags') return work();
      expect(get().backend.modifications.kind).toBe(
        get().traits.modification === 'own' ? 'modifies' : 'none',
      );
    });

  testFlags('the next mount has the changed flags, and the data stays', async () => {
    const volume = await get().create('db');
    if (get().traits.data === 'owned') await get().write(volume, 'kept');
    const modified = await modify(volume, { noexec: 'true', nosuid: '', ro: '' });
    expect(modified).toEqual({
      ...volume,
      options: { ...volume.options, noexec: 'true', nosuid: 'true', readOnly: 'true' },
    });
    expect(await recorded(volume)).toEqual(modified);
    expect(await flags(modified)).toEqual(['ro', 'nosuid', 'noexec']);
    if (get().traits.data === 'owned') expect(await get().read(modified)).toBe('kept');
    expect(await flags(await modify(modified, { exec: '', suid: '', rw: '' }))).toEqual([]);
    expect(get().acts.filter(({ act }) => act === 'modify')).toHaveLength(2);
  });
  testFlags('what the volume has already changes nothing, and other options are refused', async () => {
    const volume = await get().create('db');
    expect(await modify(volume, { noexec: 'false', readOnly: 'no' })).toEqual(volume);
    expect(get().acts.filter(({ act }) => act === 'modify')).toEqual([]);
    for (const wanted of [{ uid: '7' }, { size: '1GiB' }, { noexek: 'true' }, {}])
      await expect(modify(volume, wanted)).rejects.toMatchObject({ code: 'invalid' });
    expect(await recorded(volume)).toEqual(volume);
  });
  testFlags('a volume that was removed, or created again since, is not changed', async () => {
    const volume = await get().create('db');
    await get().backend.remove(volume, signal());
    await expect(modify(volume, { noexec: 'true' })).rejects.toMatchObject({ code: 'not-found' });
    const other = await get().create('db');
    await expect(modify(volume, { noexec: 'true' })).rejects.toMatchObject({ code: 'not-found' });
    expect(await recorded(other)).toEqual(other);
  });
  testFlags('a change that died anywhere is made by the same change, and no data is lost', async () => {
    await atEveryEffect(
      get,
      async (name) => {
        const volume = await get().create(name);
        if (get().traits.data === 'owned') await get().write(volume, 'kept');
        return volume;
      },
      (backend, volume) => modifications(backend).modify(volume, { noexec: 'true' }, undefined, signal()),
      async (volume) => {
        const left = await recorded(volume);
        expect([undefined, 'true']).toContain(left.options.noexec);
        const modified = await modify(left, { noexec: 'true' });
        expect(await flags(modified)).toEqual(['noexec']);
        if (get().traits.data === 'owned') expect(await get().read(modified)).toBe('kept');
      },
    );
  });
}
