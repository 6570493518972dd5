import { close, closeSync, constants, fstatSync } from 'node:fs';
import { promisify } from 'node:util';
import { deviceText } from '../device-number.ts';
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

/** Detached mounts of this process. */
export interface DetachedOnes {
  readonly roots: Set<string>;
  /** The ends that are under way, with the devices of the file systems. */
  readonly ending: Map<Promise<void>, string>;
}

export function noneDetached(): DetachedOnes {
  return { roots: new Set(), ending: new Map() };
}

/** Resolves once no detached mount of the device is about to end. */
export async function afterEnds({ ending }: DetachedOnes, device: string): Promise<void> {
  await Promise.all([...ending].flatMap(([end, of]) => (of === device ? end : [])));
}

/** See `Mounts.mountDetached`, for an image on a local file system. */
export async function mountImageDetached(
  calls: SystemCalls,
  image: string,
  fileSystem: FileSystem,
  { roots, ending }: DetachedOnes,
): Promise<DetachedMount> {
  const fd = await mountLoop(calls, image, fileSystem);
  const root = heldPath(fd);
  const device = deviceText(fstatSync(fd, { bigint: true }).dev);
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
      // The kernel waits until no processor looks at the mount, and the end of a last mount writes to the disk.
      const end = closeOnPool(fd)
        .catch(() => undefined)
        .finally(() => ending.delete(end));
      ending.set(end, device);
      if (!isBound) await end;
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
