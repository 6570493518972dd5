import type { MountEntry, Mounts } from './host.ts';
import type { KernelMounts, ReadMountTable } from './kernel-mounts.ts';
import { mountsBelow, peerGroups, rootOf, topmostAt } from './mount-table.ts';
import type { SharedLook } from './shared-look.ts';
import { systemError } from './system-error.ts';

export function linuxMounts(kernel: KernelMounts, readTable: ReadMountTable, uses: SharedLook): Mounts {
  return {
    at: (path) => kernel.look(path),
    below: async (directory) => mountsBelow(await readTable(), directory),
    bind: (source, target, access) => kernel.bind(source, target, access),
    mountImage: (image, target, fileSystem) => kernel.mountImage(image, target, fileSystem),
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
 * A directory that is a shared mount already is left as it is: in a managed plugin the engine made it one, and its group
 * is what carries our mounts to the host. One still in the group of the mount around it is half made: a mount below it
 * would appear a second time, below that one.
 */
async function makeMountRoot(kernel: KernelMounts, readTable: ReadMountTable, path: string): Promise<void> {
  const state = await kernel.look(path);
  if (state.kind === 'missing') throw systemError('ENOENT', 'mount', path);
  if (state.kind === 'bare') await kernel.bindSelf(path);
  const table = await readTable();
  const root = topmostAt(table, path);
  if (!root) throw systemError('EIO', 'mount', path, 'it is no mount');
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

/** Whether it shows just the directory that it is mounted on. */
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
