import type { MountEntry, Mounts } from '../host.ts';
import type { SharedLook } from '../mount-use/shared-look.ts';
import { systemError } from '../system-error.ts';
import { requireMount } from './freeze.ts';
import type { KernelMounts, ReadMountTable } from './kernel-mounts.ts';
import { loopOf } from './loop-device.ts';
import { mountsBelow, peerGroups, rootOf, topmostAt } from './table.ts';

export function linuxMounts(
  kernel: KernelMounts,
  readTable: ReadMountTable,
  uses: SharedLook,
  whileFrozen: Mounts['whileFrozen'],
): Mounts {
  return {
    at: (path) => kernel.look(path),
    below: async (directory) => mountsBelow(await readTable(), directory),
    bind: (source, target, flags) => kernel.bind(source, target, flags),
    mountImage: (image, target, fileSystem) => kernel.mountImage(image, target, fileSystem),
    mountDetached: (image, fileSystem) => kernel.mountDetached(image, fileSystem),
    loopOf: async (fileName) => loopOf(fileName),
    refreshImage: async (target) => {
      const mounted = topmostAt(await readTable(), target);
      if (mounted === undefined) throw systemError('ENOENT', 'losetup', target);
      await kernel.refreshLoop(mounted.source);
    },
    thaw: async (target) => {
      if ((await kernel.look(target)).kind === 'mounted') await kernel.thaw(target);
    },
    async whileFrozen(target, most, work) {
      requireMount(await kernel.look(target), target);
      return whileFrozen(target, most, work);
    },
    mountDisk: (device, target, fileSystem) => kernel.mountDisk(device, target, fileSystem),
    unmount: (target) => unmountIfMounted(kernel, target),
    makeMountRoot: (path) => makeMountRoot(kernel, readTable, path),
    releaseMountRoot: (path) => releaseMountRoot(kernel, readTable, path),
    uses,
  };
}

export async function unmountIfMounted(kernel: KernelMounts, target: string): Promise<void> {
  const state = await kernel.look(target);
  if (state.kind === 'mounted') await kernel.unmount(target);
}

/**
 * A directory that is already a shared mount is not changed: in a managed plugin, the engine made it, and its peer group propagates
 * our mounts to the host. If it still is in its parent mount's group, an earlier call was interrupted: a mount below it would appear
 * a second time, in the parent.
 */
async function makeMountRoot(kernel: KernelMounts, readTable: ReadMountTable, path: string): Promise<void> {
  const state = await kernel.look(path);
  if (state.kind === 'missing') throw systemError('ENOENT', 'mount', path);
  if (state.kind === 'bare') await kernel.bindSelf(path);
  const table = await readTable();
  const root = topmostAt(table, path);
  if (!root) throw systemError('EIO', 'mount', path, 'it is not a mount');
  if (peerGroups(root, ['shared']).length > 0) {
    if (!sharesGroupWithParent(table, root)) return;
    await kernel.setPropagation(path, 'private');
  }
  await kernel.setPropagation(path, 'shared');
}

async function releaseMountRoot(
  kernel: KernelMounts,
  readTable: ReadMountTable,
  path: string,
): Promise<void> {
  const table = await readTable();
  const root = topmostAt(table, path);
  if (!root || !isOwnBind(table, root) || mountsBelow(table, path).length > 0) return;
  await kernel.unmount(path);
}

/** Whether it shows the directory that it is mounted on. */
function isOwnBind(table: readonly MountEntry[], root: MountEntry): boolean {
  const parent = parentIn(table, root);
  return parent?.device === root.device && rootOf(parent, root.mountpoint) === root.root;
}

function sharesGroupWithParent(table: readonly MountEntry[], root: MountEntry): boolean {
  const parent = parentIn(table, root);
  const groups = parent ? peerGroups(parent, ['shared']) : [];
  return peerGroups(root, ['shared']).some((group) => groups.includes(group));
}

function parentIn(table: readonly MountEntry[], entry: MountEntry): MountEntry | undefined {
  return table.find(({ mountId }) => mountId === entry.parentId);
}
