import { id, present, type Rig, volume } from '../fakes/rig.ts';

/** One thing a client does, and what the client may rely on from then on. */
export interface ScriptStep {
  readonly what: string;
  run(rig: Rig, world: World): Promise<void>;
}

/** What containers know: which volumes have their data. */
export interface World {
  readonly written: Set<string>;
}

const size = { size: '16MiB' };

/** Every verb, on a directory and on an image, with the pairs of them that meet. */
export const script: readonly ScriptStep[] = [
  create('dir', {}),
  create('img', size),
  mount('dir', 'a'),
  mount('img', 'a'),
  write('dir'),
  write('img'),
  mount('dir', 'b'),
  unmount('dir', 'a'),
  unmount('img', 'a'),
  mount('img', 'c'),
  unmount('dir', 'b'),
  unmount('img', 'c'),
  remove('dir'),
  remove('img'),
  undelete('dir'),
  create('img', size),
  mount('img', 'd'),
  unmount('img', 'd'),
];

function create(name: string, options: Readonly<Record<string, string>>): ScriptStep {
  return { what: `create ${name}`, run: ({ driver }) => driver.create(volume(name), options) };
}

function mount(name: string, holder: string): ScriptStep {
  return {
    what: `mount ${name} ${holder}`,
    run: async ({ driver }) => void (await driver.mount(volume(name), id(holder), present)),
  };
}

function unmount(name: string, holder: string): ScriptStep {
  return { what: `unmount ${name} ${holder}`, run: ({ driver }) => driver.unmount(volume(name), id(holder)) };
}

function write(name: string): ScriptStep {
  return {
    what: `write ${name}`,
    async run(rig, world) {
      await rig.host.files.writeText(`${rig.mountpoint(name)}/precious`, name, 'replace');
      world.written.add(name);
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
