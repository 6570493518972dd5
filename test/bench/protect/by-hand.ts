import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../floors.ts';

/** A snapshot of a volume in use, mounted read-only, as a script would make it. */
export interface HandmadeSnapshot {
  make(): Promise<void>;
  remove(): Promise<void>;
}

/** `tree`: where the volume is mounted; `mountpoint`: exists. */
export function snapshotByHand(tree: string, image: string, mountpoint: string): HandmadeSnapshot {
  const copy = `${image}.by-hand`;
  return {
    async make() {
      await run('fsfreeze', '--freeze', tree);
      try {
        await run('cp', '--reflink=always', image, copy);
      } finally {
        await run('fsfreeze', '--unfreeze', tree);
      }
      await run('mount', '--options', 'loop,ro', copy, mountpoint);
    },
    async remove() {
      await run('umount', mountpoint);
      await rm(copy);
    },
  };
}

/** The image of a local volume, in its driver's directory of images. */
export async function imageOf(images: string, name: string): Promise<string> {
  const found = (await readdir(images)).find((file) => file.startsWith(`${name}.`));
  if (found === undefined) throw new Error(`${images} has no image of ${name}.`);
  return join(images, found);
}
