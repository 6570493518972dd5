import { mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseVolumeName } from '../../src/core/names.ts';
import type { Options, Volume } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import type { Aside, VolumeDriver } from '../../src/driver/volume-driver.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';

/** Other names of options, as backends have them. */
const aliases: Readonly<Record<string, string>> = {
  path: 'path',
  mountpoint: 'path',
  device: 'share',
  id: 'volumeId',
  snapshotid: 'snapshot',
  owner: 'uid',
};

/** A driver whose volumes are directories below a folder. */
export interface DirectoryDriver extends VolumeDriver {
  /** The directory with the volume's data. */
  data(name: string): string;
  add(name: string, options?: Options, createdAt?: Date): string;
  forget(name: string): void;
  /** How it shows volumes to a reader; `in use`: only if that is accepted. */
  shows: Aside['consistency'] | 'in use';
}

export function createDirectoryDriver(
  name: string,
  folder: string,
  backend = 'local',
  scope: 'local' | 'global' = 'local',
): DirectoryDriver {
  const volumes = new Map<string, Volume>();
  const data = (volume: string) => join(folder, name, volume, 'data');
  const add = (
    volume: string,
    options: Options = {},
    createdAt = new Date('2026-01-02T03:04:05Z'),
  ): string => {
    const made = parseVolumeName(volume);
    volumes.set(volume, {
      name: made,
      id: volume,
      options,
      given: options,
      createdAt: createdAt.toISOString(),
    });
    mkdirSync(data(volume), { recursive: true });
    return data(volume);
  };
  const driver: DirectoryDriver = {
    ...createFakeDriver(name),
    backend,
    capabilities: { scope, sharing: 'many-hosts' },
    data,
    add,
    forget(volume) {
      rmSync(dirname(data(volume)), { recursive: true });
      volumes.delete(volume);
    },
    shows: 'unmounted',
    list: () => [...volumes.values()].map((volume) => ({ volume })),
    get: async (volume) => {
      const found = volumes.get(volume);
      return found && { volume: found, holders: [] };
    },
    async foresee(intent) {
      const options = intent.verb === 'create' ? Object.keys(intent.options) : [];
      const unknown = backend === 'local' ? undefined : options.find((key) => key === 'size');
      if (unknown !== undefined) throw new VolumeError('invalid', `There is no option ${unknown}.`);
      if (intent.verb !== 'create') return { steps: [] };
      // Like a backend, it knows an option by several names, and takes it once.
      for (const [key, value] of Object.entries(intent.options))
        if ((intent.options[aliases[key.toLowerCase()] ?? key] ?? value) !== value)
          throw new VolumeError('invalid', `Option ${key} is given twice, with different values.`);
      const own = Object.fromEntries(
        Object.entries(intent.options).map(([key, value]) => [aliases[key.toLowerCase()] ?? key, value]),
      );
      const volume = {
        name: intent.name,
        id: 'new',
        options: own,
        given: own,
        createdAt: '2026-01-02T03:04:05Z',
      };
      return { steps: [], volume };
    },
    async readAside(asked, use, work) {
      const volume = volumes.get(asked);
      if (volume === undefined) throw new VolumeError('not-found', `There is no volume ${asked}.`);
      if (driver.shows === 'in use' && use === 'refuse')
        throw new VolumeError('in-use', `Volume ${asked} is in use.`);
      const consistency = driver.shows === 'in use' ? 'live' : driver.shows;
      const path = data(asked);
      try {
        return await work({ path, volume, consistency });
      } finally {
        const beside = readdirSync(dirname(path)).filter((name) => name !== 'data');
        for (const name of beside) unlinkSync(join(dirname(path), name));
      }
    },
    async fill(asked, options, work) {
      if (volumes.has(asked)) throw new VolumeError('conflict', `Volume ${asked} exists.`);
      const path = data(asked);
      mkdirSync(path, { recursive: true });
      try {
        await work(path);
      } catch (error) {
        rmSync(dirname(path), { recursive: true });
        throw error;
      }
      const volume = { name: asked, id: asked, options, given: options, createdAt: '2026-01-02T03:04:05Z' };
      volumes.set(asked, volume);
      return volume;
    },
  };
  return driver;
}
