import { dirname } from 'node:path';
import { parseSnapshotName } from '../../src/core/names.ts';
import { requireReadable } from '../../src/core/volume.ts';
import { id, present, type Rig, volume } from '../fakes/rig.ts';

/** One action of a client. It records what the client may rely on afterwards. */
export interface ScriptStep {
  readonly what: string;
  run(rig: Rig, world: World): Promise<void>;
}

/** The data that containers have written, by volume. */
export interface World {
  readonly written: Map<string, string>;
  /** What a rollback has replaced, by volume: it is in the trash. */
  readonly replaced: Map<string, string>;
  /** More than this many bytes cannot be written to it, by volume. */
  readonly limits: Map<string, number>;
}

const size = { size: '16MiB' };

/** Every verb on a directory and on an image, also in combination. */
export const verbs: readonly ScriptStep[] = [
  create('dir', {}),
  create('img', size),
  mount('dir', 'a'),
  mount('img', 'a'),
  write('dir'),
  write('img'),
  mount('dir', 'b'),
  publish('dir', 'one'),
  publish('img', 'two'),
  unmount('dir', 'a'),
  unmount('img', 'a'),
  unpublish('img', 'two'),
  mount('img', 'c'),
  unmount('dir', 'b'),
  unpublish('dir', 'one'),
  unmount('img', 'c'),
  remove('dir'),
  remove('img'),
  undelete('dir'),
  create('img', size),
  mount('img', 'd'),
  unmount('img', 'd'),
];

/** An image alone: its first mount, which makes its directory, and another one. */
export const image: readonly ScriptStep[] = [
  create('img', size),
  mount('img', 'a'),
  write('img'),
  unmount('img', 'a'),
  mount('img', 'b'),
  unmount('img', 'b'),
];

/** Snapshots, copies, rollback and growth of volumes that are used and unused. */
export const protection: readonly ScriptStep[] = [
  create('dir', {}),
  create('img', size),
  mount('img', 'a'),
  write('img'),
  snapshot('img'),
  clone('img', 'copy'),
  unmount('img', 'a'),
  mount('dir', 'a'),
  write('dir'),
  unmount('dir', 'a'),
  snapshot('dir'),
  clone('dir@before', 'dircopy'),
  mount('dir', 'b'),
  write('dir', 'later'),
  unmount('dir', 'b'),
  rollback('dir', 'later'),
  read('dir'),
  modify('dir'),
  rollback('img'),
  grow('img'),
  mount('copy', 'b'),
  removeSnapshot('img'),
  unmount('copy', 'b'),
];

/** Volumes that are read aside, from a snapshot and by themselves, and volumes that are filled. */
export const copying: readonly ScriptStep[] = [
  create('dir', {}),
  create('img', size),
  mount('img', 'a'),
  write('img'),
  readAside('img'),
  mount('dir', 'a'),
  write('dir'),
  unmount('dir', 'a'),
  readAside('dir'),
  fill('full', {}),
  fill('fullimg', size),
  unmount('img', 'a'),
];

const quota = { size: '128KiB', sizeMode: 'quota' };

/** Every verb on a directory that is limited by a project quota. */
export const limited: readonly ScriptStep[] = [
  create('dir', quota),
  limit('dir', 128),
  mount('dir', 'a'),
  write('dir'),
  resize('dir', 256),
  unmount('dir', 'a'),
  snapshot('dir'),
  clone('dir@before', 'copy'),
  limit('copy', 256),
  rollback('dir'),
  resize('dir', 96),
  mount('copy', 'b'),
  unmount('copy', 'b'),
  remove('copy'),
  undelete('copy'),
];

/** From now on it has this size, in KiB. */
function limit(name: string, kibibytes: number): ScriptStep {
  return {
    what: `limit ${name}`,
    run: async (_, { limits }) => void limits.set(name, kibibytes * 1024),
  };
}

function resize(name: string, kibibytes: number): ScriptStep {
  return {
    what: `resize ${name} to ${kibibytes} KiB`,
    async run({ driver }, { limits }) {
      limits.delete(name);
      await driver.grow(volume(name), `${kibibytes}KiB`);
      limits.set(name, kibibytes * 1024);
    },
  };
}

function readAside(name: string): ScriptStep {
  return {
    what: `read ${name} aside`,
    async run({ driver, host }) {
      const read = await driver.readAside(volume(name), 'accept', async ({ path }) => {
        await host.files.writeText(`${dirname(path)}/beside`, "the reader's own", 'replace');
        return host.files.readText(`${path}/precious`);
      });
      if (read !== name) throw new Error(`${name} has ${read}`);
    },
  };
}

/** The volume is there as a whole, or not at all. */
function fill(name: string, options: Readonly<Record<string, string>>): ScriptStep {
  return {
    what: `fill ${name}`,
    async run({ driver, host }) {
      if ((await driver.get(volume(name))) === undefined)
        await driver.fill(volume(name), options, async (path) => {
          await host.files.writeText(`${path}/precious`, name, 'replace');
        });
      const { mountpoint } = await driver.mount(volume(name), id('check'), present);
      const read = await host.files.readText(`${mountpoint}/precious`);
      await driver.unmount(volume(name), id('check'));
      if (read !== name) throw new Error(`${name} has ${read}`);
    },
  };
}

const before = parseSnapshotName('before');

function snapshot(name: string): ScriptStep {
  return {
    what: `snapshot ${name}`,
    async run({ driver }) {
      if ((await driver.listSnapshots(volume(name))).length === 0)
        await driver.snapshot(volume(name), before);
    },
  };
}

function removeSnapshot(name: string): ScriptStep {
  return {
    what: `remove snapshot of ${name}`,
    async run({ driver }) {
      if ((await driver.listSnapshots(volume(name))).length > 0)
        await driver.removeSnapshot(volume(name), before);
    },
  };
}

function clone(from: string, name: string): ScriptStep {
  return {
    what: `clone ${from} ${name}`,
    async run({ driver }, world) {
      await driver.create(volume(name), { from });
      world.written.set(name, from.replace('@before', ''));
    },
  };
}

/** `replaced`: what it has now, instead of what it had in the snapshot. */
function rollback(name: string, replaced?: string): ScriptStep {
  return {
    what: `roll back ${name}`,
    async run({ driver }, world) {
      await driver.rollback(volume(name), before);
      if (replaced === undefined) return;
      world.replaced.set(name, replaced);
      world.written.set(name, name);
    },
  };
}

function read(name: string): ScriptStep {
  return {
    what: `read ${name}`,
    async run({ driver, host }) {
      const { mountpoint } = await driver.mount(volume(name), id('check'), present);
      const content = await host.files.readText(`${mountpoint}/precious`);
      await driver.unmount(volume(name), id('check'));
      if (content !== name) throw new Error(`${name} has ${content}`);
    },
  };
}

function modify(name: string): ScriptStep {
  return {
    what: `modify ${name}`,
    async run({ driver }) {
      await driver.modify(volume(name), { noexec: 'true' });
      const view = await driver.get(volume(name));
      if (view === undefined || requireReadable(view.volume).options.noexec !== 'true')
        throw new Error(`${name} is not changed`);
    },
  };
}

function grow(name: string): ScriptStep {
  return {
    what: `grow ${name}`,
    run: async ({ driver }) => void (await driver.grow(volume(name), '32MiB')),
  };
}

function create(name: string, options: Readonly<Record<string, string>>): ScriptStep {
  return { what: `create ${name}`, run: ({ driver }) => driver.create(volume(name), options) };
}

function mount(name: string, holder: string): ScriptStep {
  return {
    what: `mount ${name} ${holder}`,
    run: async ({ driver }) => void (await driver.mount(volume(name), id(holder), present)),
  };
}

/** The directory of an orchestrator's pods. */
export const podsOf = (base: string) => `${base}/pods`;

function publish(name: string, pod: string): ScriptStep {
  return {
    what: `publish ${name} ${pod}`,
    async run({ driver, host, base }) {
      await host.files.makeDirectory(podsOf(base));
      await driver.publish(volume(name), { path: `${podsOf(base)}/${pod}`, access: 'read-write' });
    },
  };
}

function unpublish(name: string, pod: string): ScriptStep {
  return {
    what: `unpublish ${name} ${pod}`,
    run: ({ driver, base }) => driver.unpublish(volume(name), `${podsOf(base)}/${pod}`),
  };
}

function unmount(name: string, holder: string): ScriptStep {
  return { what: `unmount ${name} ${holder}`, run: ({ driver }) => driver.unmount(volume(name), id(holder)) };
}

function write(name: string, content = name): ScriptStep {
  return {
    what: `write ${content} to ${name}`,
    async run(rig, world) {
      await rig.host.files.writeText(`${rig.mountpoint(name)}/precious`, content, 'replace');
      world.written.set(name, content);
    },
  };
}

function remove(name: string): ScriptStep {
  return { what: `remove ${name}`, run: ({ driver }) => driver.remove(volume(name)) };
}

function undelete(name: string): ScriptStep {
  return {
    what: `undelete ${name}`,
    async run({ driver }) {
      if (await driver.get(volume(name))) return;
      await driver.undelete(volume(name));
    },
  };
}
