import { closeSync, fsync, mkdirSync, openSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const sync = promisify(fsync);
/** As long as a volume's record. */
const text = 'x'.repeat(300);

export interface DiskSteps {
  create(): Promise<void>;
  /** Removes what `create` made last. */
  remove(): Promise<void>;
}

/** What a Create and a Remove of a directory do on the disk, and nothing else: no look, no daemon. */
export function openDiskSteps(folder: string): DiskSteps {
  const [root, registry, trash] = ['root', 'registry', 'trash'].map((name) => join(folder, 'steps', name));
  if (root === undefined || registry === undefined || trash === undefined) throw new Error('no folder');
  for (const path of [root, registry, trash]) mkdirSync(path, { recursive: true });
  let made = 0;
  return {
    async create() {
      const name = `v${made++}`;
      await mkdir(join(root, name));
      await writeNew(join(registry, '.new'), [join(root, name), root]);
      await rename(join(registry, '.new'), join(registry, name));
      await syncDirectory(registry);
    },
    async remove() {
      const name = `v${--made}`;
      await rename(join(root, name), join(trash, `${name}-${Math.random()}`));
      await writeNew(join(trash, '.new'), [root, trash]);
      await rename(join(registry, name), join(trash, name));
      await rename(join(trash, '.new'), join(trash, name));
      await Promise.all([registry, trash].map(syncDirectory));
    },
  };
}

async function writeNew(path: string, others: readonly string[]): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  await file.write(text);
  await Promise.all([file.sync(), ...others.map(syncDirectory)]);
  await file.close();
}

async function syncDirectory(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  await sync(fd);
  closeSync(fd);
}
