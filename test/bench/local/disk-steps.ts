import { closeSync, fsync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const sync = promisify(fsync);
/** As long as a volume's record. */
const text = 'x'.repeat(300);

export interface DiskSteps {
  create(): Promise<void>;
  /** Removes what `create` made last. Both may run several times at once, but not beside each other. */
  remove(): Promise<void>;
}

/**
 * What a Create and a Remove of a directory do on the disk beside so many volumes, and nothing else: no look, no daemon. Several at once need
 * as many threads as the daemon has (`UV_THREADPOOL_SIZE`).
 */
export function openDiskSteps(folder: string, volumes: number): DiskSteps {
  const [root, registry, trash] = ['root', 'registry', 'trash'].map((name) => join(folder, 'steps', name));
  if (root === undefined || registry === undefined || trash === undefined) throw new Error('no folder');
  for (const path of [root, registry, trash]) mkdirSync(path, { recursive: true });
  for (let index = 0; index < volumes; index += 1) {
    mkdirSync(join(root, `other${index}`), { recursive: true });
    writeFileSync(join(registry, `other${index}`), '');
  }
  let made = 0;
  return {
    async create() {
      const name = `v${made++}`;
      await mkdir(join(root, name));
      await writeNew(join(registry, `.${name}`), [join(root, name), root]);
      await rename(join(registry, `.${name}`), join(registry, name));
      await syncDirectory(registry);
    },
    async remove() {
      const name = `v${--made}`;
      await rename(join(root, name), join(trash, `${name}-${Math.random()}`));
      await writeNew(join(trash, `.${name}`), [root, trash]);
      await rename(join(registry, name), join(trash, name));
      await rename(join(trash, `.${name}`), join(trash, name));
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
