import { close, closeSync, constants, fstatSync } from 'node:fs';
import { promisify } from 'node:util';
import { heldPath, pathOnly } from '../files/place.ts';
import type { DetachedMount, FileSystem } from '../host.ts';
import type { SystemCalls } from '../system-calls.ts';
import { systemError } from '../system-error.ts';
import { verify } from './bind-directory.ts';
import { attributesOf, mountSettings } from './flags.ts';
import { mountError } from './kernel-devices.ts';
import { attachLoop } from './loop-device.ts';

const toHold = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const closeOnPool = promisify(close);

/** See `Mounts.mountDetached`, for an image on a local file system. `roots`: the roots of all such mounts. */
export async function mountImageDetached(
  calls: SystemCalls,
  image: string,
  fileSystem: FileSystem,
  roots: Set<string>,
): Promise<DetachedMount> {
  const fd = await mountLoop(calls, image, fileSystem);
  const root = heldPath(fd);
  roots.add(root);
  let isBound = false;
  return {
    root,
    async bind(source, target, flags) {
      const directory = await openIn(calls, fd, source.slice(root.length + 1), source);
      try {
        calls.bindOpened(directory, target, attributesOf(flags));
        verify(calls, target, fstatSync(directory, { bigint: true }));
        isBound = true;
      } finally {
        closeSync(directory);
      }
    },
    async close() {
      roots.delete(root);
      // The end of the last mount writes to the disk.
      if (isBound) closeSync(fd);
      else await closeOnPool(fd);
    },
  };
}

/** The mount keeps the loop device; if it fails, closing it detaches the device. */
async function mountLoop(calls: SystemCalls, image: string, fileSystem: FileSystem): Promise<number> {
  const loop = attachLoop(calls, image);
  try {
    return await calls.mountDetached(loop.path, fileSystem.type, mountSettings(fileSystem));
  } catch (error) {
    throw mountError(error, fileSystem.type);
  } finally {
    closeSync(loop.fd);
  }
}

/** Without following a symlink. */
async function openIn(calls: SystemCalls, root: number, name: string, path: string): Promise<number> {
  const fd = calls.openCached(root, name, toHold) ?? (await calls.openOnPool(root, name, toHold));
  if (typeof fd === 'number') return fd;
  throw systemError(fd === 'missing' ? 'ENOENT' : 'ELOOP', 'bind', path);
}
