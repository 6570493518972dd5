import { closeSync } from 'node:fs';
import type { Callers, Library } from './callers.ts';

/** By number, which is the same on all architectures: the C library has functions for them only since 2.36. */
const openTreeNumber = 428;
const moveMountNumber = 429;
const setAttributesNumber = 442;
const emptyPath = 0x1000;
const cloneTree = 1;
const closeOnExec = 0o2000000;
const moveEmptyPath = 4;
const atCurrentDirectory = -100;

export interface RestrictedBind {
  /**
   * On Node's thread pool: binds an open directory with flags (MOUNT_ATTR_… of linux/mount.h) that are set before the bind becomes
   * visible. Throws ENOSYS before Linux 5.12, and EPERM if a seccomp filter does not know the call.
   */
  bindRestricted(directory: number, target: string, attributes: number): Promise<void>;
  /** The same in the calling thread, for a directory on a local file system. Attributes may be 0. */
  bindOpened(directory: number, target: string, attributes: number): void;
}

/** open_tree(2), mount_setattr(2), move_mount(2): makes a detached copy of the mount, sets its flags, attaches it. */
export function restrictedBind(library: Library, { check, onPool }: Callers): RestrictedBind {
  const openTree = library.func('syscall', 'long', ['long', 'int', 'str', 'uint']);
  const setAttributes = library.func('syscall', 'long', ['long', 'int', 'str', 'uint', 'void *', 'size_t']);
  const moveMount = library.func('syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'uint']);
  const opening = (directory: number) =>
    [openTreeNumber, directory, '', cloneTree | closeOnExec | emptyPath] as const;
  const setting = (tree: number, attributes: number) => {
    // `struct mount_attr`: set, clear, propagation, user namespace.
    const wanted = new Uint8Array(BigUint64Array.of(BigInt(attributes), 0n, 0n, 0n).buffer);
    return [setAttributesNumber, tree, '', emptyPath, wanted, wanted.length] as const;
  };
  const moving = (tree: number, target: string) =>
    [moveMountNumber, tree, '', atCurrentDirectory, target, moveEmptyPath] as const;
  return {
    async bindRestricted(directory, target, attributes) {
      const tree = await onPool(openTree, target, opening(directory));
      try {
        await onPool(setAttributes, target, setting(tree, attributes));
        await onPool(moveMount, target, moving(tree, target));
      } finally {
        closeSync(tree);
      }
    },
    bindOpened(directory, target, attributes) {
      const tree = check(openTree(...opening(directory)), 'open_tree', target);
      try {
        if (attributes !== 0) check(setAttributes(...setting(tree, attributes)), 'mount_setattr', target);
        check(moveMount(...moving(tree, target)), 'move_mount', target);
      } finally {
        closeSync(tree);
      }
    },
  };
}
