import { expect, test } from '@jest/globals';
import type { Growth } from '../../../src/backends/backend.ts';
import { formatSize, parseSize } from '../../../src/core/sizes.ts';
import { requireReadable, type Volume } from '../../../src/core/volume.ts';
import type { Host } from '../../../src/host/host.ts';
import type { Current } from './contract.ts';
import { atEveryEffect } from './crash.ts';

export function describeGrowth(get: Current): void {
  const signal = () => get().signal;
  const growth = (): Growth => {
    const { growth: found } = get().backend;
    if (found.kind === 'none') throw new Error('this backend has none');
    return found;
  };
  const sizeOf = (volume: Volume) => parseSize(volume.options.size ?? '');
  /** Grows a volume as the driver does. */
  const grow = async (volume: Volume, bytes: number): Promise<Volume> => {
    const isOnline = (await growth().manner(volume, signal())) === 'online';
    const foreseen = await growth()
      .foresee(volume, bytes, signal())
      .catch((error: unknown) => error);
    const mountpoint = isOnline ? await get().stage(volume) : undefined;
    try {
      const work = growth().grow(volume, bytes, mountpoint, signal());
      // A refusal must be the foreseen one.
      if (foreseen instanceof Error) await expect(work).rejects.toEqual(foreseen);
      else expect(await work).toEqual(foreseen);
      return await work;
    } finally {
      if (isOnline) await get().unstage(volume);
    }
  };
  const placeToGrow = async (volume: Volume) =>
    (await growth().manner(volume, signal())) === 'online' ? get().stage(volume) : undefined;
  const room = async (volume: Volume): Promise<number> => {
    const measured = await get().backend.usage(volume, await get().stage(volume), signal());
    await get().unstage(volume);
    return measured?.sizeBytes ?? 0;
  };
  /** The space must be that of the size, unless nothing enforces the size. */
  const requireRoom = async (volume: Volume, least: number) => {
    if (get().traits.growth !== 'recorded') expect(await room(volume)).toBeGreaterThan(least);
  };
  /** Without growth, tests that the backend says so. */
  const testGrows = (title: string, work: () => Promise<void>) =>
    test(title, async () => {
      if (get().traits.growth !== 'none') return work();
      const { growth: found } = get().backend;
      const manner = found.kind === 'none' ? found : await found.manner(await get().create('db'), signal());
      expect(manner).toEqual({ kind: 'none', why: expect.stringMatching(/.+\.$/) });
    });

  testGrows('a larger volume has its data, and more space', async () => {
    const volume = await get().create('db');
    await get().write(volume, 'kept');
    const before = await room(volume);
    const grown = await grow(volume, 4 * sizeOf(volume));
    expect(grown).toEqual({
      ...volume,
      options: { ...volume.options, size: formatSize(4 * sizeOf(volume)) },
    });
    const found = await get().reopen().lookup(volume.name, signal());
    expect(found && requireReadable(found)).toEqual(grown);
    expect(await get().read(grown)).toBe('kept');
    await requireRoom(grown, 3 * before);
    expect(get().acts.filter(({ act }) => act === 'grow')).toHaveLength(1);
  });
  testGrows('the same size again succeeds', async () => {
    const volume = await get().create('db');
    const grown = await grow(volume, 2 * sizeOf(volume));
    expect(await grow(grown, sizeOf(grown))).toEqual(grown);
  });
  testGrows('a smaller size is refused, unless it holds what is used', async () => {
    const volume = await get().create('db');
    const grown = await grow(volume, 2 * sizeOf(volume));
    if (get().traits.growth === 'resizes') {
      await get().write(grown, 'x'.repeat(sizeOf(volume) / 2));
      expect(await grow(grown, sizeOf(volume))).toEqual(volume);
      await expect(grow(volume, sizeOf(volume) / 4)).rejects.toMatchObject({ code: 'invalid' });
      expect(await room(volume)).toBe(sizeOf(volume));
      return;
    }
    await expect(grow(grown, sizeOf(volume))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(new RegExp(`${grown.options.size}.*${volume.options.size}`)),
    });
    const found = await get().backend.lookup(volume.name, signal());
    expect(found && requireReadable(found)).toEqual(grown);
  });
  testGrows('more than the storage has is refused with figures, if the size is enforced', async () => {
    const volume = await get().create('db');
    if (get().traits.growth === 'recorded')
      return expect((await grow(volume, parseSize('7PiB'))).options.size).toBe('7PiB');
    const refused = { code: 'unavailable', message: /to 7PiB: only .+ free/, ...get().traits.tooLarge };
    await expect(grow(volume, parseSize('7PiB'))).rejects.toMatchObject({
      code: refused.code,
      message: expect.stringMatching(refused.message),
    });
    const found = await get().backend.lookup(volume.name, signal());
    expect(found && requireReadable(found)).toEqual(volume);
  });
  testGrows('a growth that died anywhere is finished by the same growth, and no data is lost', async () => {
    await atEveryEffect(
      get,
      async (name) => {
        const volume = await get().create(name);
        await get().write(volume, 'kept');
        return volume;
      },
      async ({ growth: of }, volume) => {
        if (of.kind === 'none') throw new Error('it grows');
        await of.grow(volume, 4 * sizeOf(volume), await placeToGrow(volume), signal());
      },
      async (volume) => {
        await get().unstage(volume);
        const found = await get().reopen().lookup(volume.name, signal());
        const grown = await grow(requireReadable(found ?? volume), 4 * sizeOf(volume));
        expect(grown.options.size).toBe(formatSize(4 * sizeOf(volume)));
        expect(await get().read(grown)).toBe('kept');
        await requireRoom(grown, 3 * sizeOf(volume));
      },
    );
  });
  testGrows('a growth that was only recorded is finished by the next mount', async () => {
    // Where the storage itself has the size, nothing is only recorded.
    if (get().underTest.storage === undefined) return;
    // Nor is there anything to finish where the record is all there is.
    if (get().traits.growth === 'recorded') return;
    const volume = await get().create('db');
    await get().write(volume, 'kept');
    const before = await room(volume);
    const bytes = 4 * sizeOf(volume);
    const died = get().reopen({ host: diesAfterTheRecord(bytes) });
    if (died.growth.kind === 'none') throw new Error('it grows');
    await expect(died.growth.grow(volume, bytes, undefined, signal())).rejects.toThrow();
    const found = await get().backend.lookup(volume.name, signal());
    const recorded = requireReadable(found ?? volume);
    expect(sizeOf(recorded)).toBe(bytes);
    expect(await get().read(recorded)).toBe('kept');
    expect(await room(recorded)).toBeGreaterThan(3 * before);
  });

  function diesAfterTheRecord(bytes: number): Host {
    const { host } = get().underTest;
    const fail = async (): Promise<never> => {
      throw new Error('it died');
    };
    const below = (root: string) => ({ ...host.files.below(root), extend: fail });
    const projects = (root: string) => ({ ...host.projects(root), limit: fail });
    // The limit of a directory of GlusterFS, in hexadecimal.
    const run: Host['programs']['run'] = (program, args, until, input = '', ...rest) =>
      input.includes(` 0x${bytes.toString(16).padStart(16, '0')}`)
        ? fail()
        : host.programs.run(program, args, until, input, ...rest);
    return { ...host, files: { ...host.files, below }, projects, programs: { run } };
  }
}
